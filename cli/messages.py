"""The sentences that members read, and the catalogues of their translations.

`python -m cli.messages` (make messages) adds what is new to each catalogue, with an empty translation, and drops what nothing says
any more. A language that has no catalogue yet gets one.
"""

import io
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import typer
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from config.policy import load_policy
from config.settings import Settings
from pipeline.inspection.findings import CODES, Severity
from pipeline.notification.catalogues import TRANSLATED
from pipeline.policy import Policy

PIPELINE: Final = Path(__file__).parents[1] / "pipeline"
LOCALES: Final = PIPELINE / "notification" / "locales"
KEYWORDS: Final = {"msgid": None, "_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS: Final = {"**.jinja": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}


@cache
def messages() -> Catalog:
    """Every sentence that a member may read, with the files that say it."""
    found = Catalog(charset="utf-8")
    methods = [("**.jinja", "jinja2"), ("**.py", "python")]
    for name, _, message, _, _ in extract_from_dir(PIPELINE, methods, OPTIONS, KEYWORDS):
        found.add(message, locations=[(f"pipeline/{name}", 0)])
    elsewhere = {
        "pipeline/inspection/findings.py": _of_findings(),
        "config/policy.toml": of_policy(load_policy()),
        "config/settings.py": [str(Settings.model_fields["mail_from_name"].default)],
    }
    for file, sentences in elsewhere.items():
        for sentence in sentences:
            found.add(sentence, locations=[(file, 0)])
    return found


def _of_findings() -> Iterator[str]:
    """What refuses a file; only reviewers read warnings."""
    return (code.sentence for code in CODES.values() if code.severity is Severity.ERROR)


def of_policy(policy: Policy) -> Iterator[str]:
    """The policy's sentences and titles that members read."""
    for _, reasons in policy.reasons:
        yield from (reason.text for reason in reasons)
    yield from dict(policy.rulings).values()
    yield from (rung.title for rung in policy.ladder)
    yield from policy.benefits.values()
    yield from policy.methods.values()
    yield from (each.title for each in policy.subscriptions.values())
    for titled in (policy.points.earn, policy.points.redeem, policy.points.penalties):
        yield from (each.title for each in titled.values())


def catalogue_file(name: str, locales: Path = LOCALES) -> Path:
    """Where the catalogue of that name is kept."""
    return locales / name / "LC_MESSAGES" / "mails.po"


def catalogue(name: str, locales: Path = LOCALES) -> Catalog:
    """The catalogue as it is kept; an empty one where there is none yet."""
    file = catalogue_file(name, locales)
    return read_po(io.BytesIO(file.read_bytes()), locale=name) if file.exists() else Catalog(locale=name)


def up_to_date(name: str, locales: Path = LOCALES) -> bytes:
    """The catalogue with exactly the messages that there are, as it is to be kept."""
    kept, fresh = catalogue(name, locales), Catalog(locale=name, charset="utf-8", fuzzy=False)
    for message in messages():
        if message.id:
            known = kept.get(message.id)
            fresh.add(message.id, known.string if known else None, locations=message.locations, flags=_flags(message))
    out = io.BytesIO()
    write_po(out, fresh, width=120, omit_header=True, sort_output=True, include_lineno=False)
    return _header(name) + out.getvalue()


def update(names: Sequence[str] = TRANSLATED, locales: Path = LOCALES) -> None:
    """Bring these catalogues up to date, and print how many messages of each have no translation."""
    for name in names:
        file, content = catalogue_file(name, locales), up_to_date(name, locales)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        kept = catalogue(name, locales)
        missing = [message.id for message in kept if message.id and not is_translated(message)]
        typer.echo(f"{name}: {len(kept)} messages, {len(missing)} without a translation")


def is_translated(message: Message) -> bool:
    """Whether it has a translation, for each plural where it has plurals, that no program guessed."""
    texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(texts) and not message.fuzzy


def _flags(message: Message) -> set[str]:
    return {flag for flag in message.flags if flag != "fuzzy"}


def _header(name: str) -> bytes:
    plural = Catalog(locale=name).plural_forms
    lines = [f"Language: {name}", "Content-Type: text/plain; charset=utf-8", f"Plural-Forms: {plural}"]
    return "\n".join(['msgid ""', 'msgstr ""', *(f'"{line}\\n"' for line in lines), "", ""]).encode()


if __name__ == "__main__":
    update()
