"""Every mail in every variant and language, and what it says in words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from string import Formatter
from typing import Any, Final

from config.policy import load_policy
from pipeline.inspection.findings import CODES, Severity
from pipeline.kernel.translatable import Sentence
from pipeline.notification.catalogues import LANGUAGES
from pipeline.notification.reader import reader_of
from pipeline.notification.render import Rendered, Sender
from pipeline.notification.samples import Facts, sample, variants
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission.mail_contract import (
    AFTER_FORGERY,
    AFTER_REFUNDS,
    BY_CORRECTION,
    BY_ORDERS,
    BY_VERIFICATION,
)

URL: Final = "https://members.example.com"
SENDER: Final = Sender("no-reply@proofdesk.example", "Membership services", URL)
POLICY: Final = load_policy()
FACTS: Final = {
    (template, variant): facts for template in MailTemplate for variant, facts in variants(template, POLICY).items()
}
_REGIONS: Final = {
    "en": ("en-GB", "Europe/London"),
    "zh": ("zh-CN", "Asia/Shanghai"),
    "es": ("es-MX", "America/Mexico_City"),
}
LOCALES: Final = dict(_REGIONS.get(language, (language, "UTC")) for language in LANGUAGES)
"""A locale of every language that is offered, with a time zone."""

_DETAIL: Final = {
    **{name: 3_000_000 for each in CODES.values() for _, name, _, _ in Formatter().parse(each.sentence) if name},
    "found": "a web page",
    "allowed": ["a JPEG picture", "a PDF document"],
    "claimed": ["image/png", "text/html"],
}
REASONS: Final = {
    **{reason.text: reason.text for _, reasons in POLICY.reasons for reason in reasons},
    **{sentence: sentence for sentence in dict(POLICY.rulings).values()},
    **{each.sentence: Sentence(each.sentence, _DETAIL) for each in CODES.values() if each.severity is Severity.ERROR},
}
"""All that a mail can give as a reason."""

_TITLES: Final = [rung.title for rung in POLICY.ladder]
_BENEFITS: Final = [list(POLICY.benefits.values())]
_POINTS: Final = (POLICY.points.earn, POLICY.points.redeem, POLICY.points.penalties)
_POSSIBLE: Final[Mapping[str, Sequence[Any]]] = {
    "sentences": [list(REASONS.values())],
    "other_ways": [list(POLICY.methods.values())],
    **dict.fromkeys(("benefits", "new_benefits", "lost_benefits"), _BENEFITS),
    **dict.fromkeys(("stage_title", "from_title", "to_title"), _TITLES),
    "stage": POLICY.ladder,
    "reason": (BY_ORDERS, BY_VERIFICATION, BY_CORRECTION, AFTER_REFUNDS, AFTER_FORGERY),
    "cause": [each.title for titled in _POINTS for each in titled.values()],
}
"""By its name, all that a fact can be."""


def with_everything(facts: Facts) -> Iterator[Facts]:
    """These facts, and each of them with all that it can be."""
    yield facts
    for name in facts.keys() & _POSSIBLE.keys():
        yield from ({**facts, name: value} for value in _POSSIBLE[name])


def mail_of(template: MailTemplate, facts: Facts, locale: str = "en-GB") -> Rendered:
    return sample(template, facts, reader=reader_of(locale, LOCALES[locale]), sender=SENDER)


def every(locale: str) -> dict[str, tuple[MailTemplate, Rendered]]:
    """By its name, a mail with its template."""
    return {
        f"{template}, {variant}": (template, mail_of(template, facts, locale))
        for (template, variant), facts in FACTS.items()
    }


def said(words: str) -> list[str]:
    """The words alone, without bullets, lines, links and what only the form has."""
    return re.sub(r"(?m)^- |^--$|: https://\S+$", " ", words).split()


def said_in_html(mail: Rendered) -> list[str]:
    """Below the heading, which is the subject."""
    body = re.sub(r"(?s)<!--.*?-->", " ", mail.html[mail.html.index("</h1>") :])
    return unescape(re.sub(r"<[^>]*>", " ", body)).split()
