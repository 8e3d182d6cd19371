"""The embedded profile keeps each mail that it was handed as a file. In production the mail server has them, and we keep none."""

from collections.abc import Collection, Iterator
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select

from pipeline.notification.tables import mail
from pipeline.workflows.erasure.subject import Subject

_PARSER: Final = BytesParser(policy=policy.default)


def delete_mails(folder: Path | None, *, message_ids: Collection[str], submissions: Collection[str]) -> int:
    """Delete the mails with one of these ids, or about one of these submissions; how many."""
    deleted = 0
    for path, headers in _kept(folder) if folder else ():
        if str(headers["Message-ID"]) in message_ids or str(headers["X-Submission-ID"]) in submissions:
            path.unlink(missing_ok=True)
            deleted += 1
    return deleted


def mails_of(connection: Connection, subject: Subject) -> tuple[set[str], set[str]]:
    """The Message-IDs of the member's mails, and the member's submissions."""
    message_ids = connection.execute(select(mail.c.message_id).where(subject.mails)).scalars()
    return set(message_ids), {str(each) for each in connection.execute(subject.submissions).scalars()}


def _kept(folder: Path) -> Iterator[tuple[Path, Any]]:
    for path in folder.glob("*.eml"):
        with path.open("rb") as file:
            yield path, _PARSER.parse(file, headersonly=True)
