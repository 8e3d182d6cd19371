"""The messages of the mails: found in templates, code and policy, and kept in the catalogues of translations.

`python -m tests.support.messages` (make messages) adds the new ones to each catalogue, with an empty translation, and drops those that
nothing says any more.
"""

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import typer
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from config.policy import load_policy
from pipeline.inspection.findings import CODES, Severity
from pipeline.notification.catalogues import DOMAIN, FALLBACK, LANGUAGES

PIPELINE: Final = Path(__file__).parents[2] / "pipeline"
LOCALES: Final = PIPELINE / "notification" / "locales"
TRANSLATED: Final = sorted(set(LANGUAGES.values()) - {str(FALLBACK)})
KEYWORDS: Final = {"msgid": None, "_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS: Final = {"**.jinja": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}


@cache
def template() -> Catalog:
    """Every message that a mail may say, with where it is said."""
    found = Catalog(charset="utf-8")
    for name, _, message, _, _ in extract_from_dir(
        PIPELINE, [("**.jinja", "jinja2"), ("**.py", "python")], OPTIONS, KEYWORDS
    ):
        found.add(message, locations=[(f"pipeline/{name}", 0)])
    for sentence in _of_findings():
        found.add(sentence, locations=[("pipeline/inspection/findings.py", 0)])
    for sentence in of_policy():
        found.add(sentence, locations=[("config/policy.toml", 0)])
    return found


def _of_findings() -> Iterator[str]:
    """What refuses a file; a warning is told to nobody but reviewers."""
    return (code.sentence for code in CODES.values() if code.severity is Severity.ERROR)


def of_policy() -> Iterator[str]:
    """The policy's sentences and titles that stand in mails."""
    policy = load_policy()
    for _, reasons in policy.reasons:
        yield from (reason.text for reason in reasons)
    yield from dict(policy.rulings).values()
    yield from (rung.title for rung in policy.ladder)
    yield from policy.benefits.values()
    yield from policy.methods.values()
    yield from (each.title for each in policy.subscriptions.values())
    for titled in (policy.points.earn, policy.points.redeem, policy.points.penalties):
        yield from (each.title for each in titled.values())


def catalogue_file(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def catalogue(language: str) -> Catalog:
    return read_po(io.BytesIO(catalogue_file(language).read_bytes()), locale=language)


def brought_up_to_date(language: str) -> bytes:
    """The catalogue with exactly the messages that there are, as it is to be kept."""
    kept, fresh = catalogue(language), Catalog(locale=language, charset="utf-8", fuzzy=False)
    for message in template():
        if message.id:
            known = kept.get(message.id)
            fresh.add(message.id, known.string if known else None, locations=message.locations, flags=_flags(message))
    out = io.BytesIO()
    write_po(out, fresh, width=120, omit_header=True, sort_output=True, include_lineno=False)
    return _header(language) + out.getvalue()


def _flags(message: Message) -> set[str]:
    return {flag for flag in message.flags if flag != "fuzzy"}


def _header(language: str) -> bytes:
    plural = Catalog(locale=language).plural_forms
    lines = [f"Language: {language}", "Content-Type: text/plain; charset=utf-8", f"Plural-Forms: {plural}"]
    return "\n".join(['msgid ""', 'msgstr ""', *(f'"{line}\\n"' for line in lines), "", ""]).encode()


def main() -> None:
    """Bring every catalogue up to date."""
    for language in TRANSLATED:
        catalogue_file(language).write_bytes(brought_up_to_date(language))
        missing = [message.id for message in catalogue(language) if message.id and not message.string]
        typer.echo(f"{language}: {len(catalogue(language))} messages, {len(missing)} without a translation")


if __name__ == "__main__":
    main()
