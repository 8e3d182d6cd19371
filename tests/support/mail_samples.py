"""Every mail in every variant and language, and what it says in words."""

import re
from html import unescape
from typing import Final

from config.policy import load_policy
from pipeline.notification.reader import reader_of
from pipeline.notification.render import Rendered
from pipeline.notification.samples import Facts, sample, variants
from pipeline.notification.sender import Sender
from pipeline.policy.mail_templates import CATEGORIES

URL: Final = "https://members.example.com"
SENDER: Final = Sender("no-reply@proofdesk.example", "Membership services", URL)
POLICY: Final = load_policy()
FACTS: Final = {
    (template, variant): facts for template in CATEGORIES for variant, facts in variants(template, POLICY).items()
}
LOCALES: Final = {"en-GB": "Europe/London", "zh-CN": "Asia/Shanghai", "es-MX": "America/Mexico_City"}


def mail_of(template: str, facts: Facts, locale: str = "en-GB") -> Rendered:
    return sample(template, facts, reader=reader_of(locale, LOCALES[locale]), sender=SENDER)


def every(locale: str) -> dict[str, tuple[str, Rendered]]:
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
