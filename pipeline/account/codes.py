"""The codes for a member's address as their row keeps them: the one that was asked for last, and the last one before it that was sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from pipeline.kernel.rules.one_time_codes import Kept
from pipeline.submission.mail_contract import MailDelay


@dataclass(frozen=True, slots=True)
class Held:
    """A code as its columns keep it; their names begin with `prefix`. `mail_id` is the cause of its mail."""

    prefix: str
    code: Kept
    mail_id: UUID | None


def latest_sent(connection: Connection, row: Row[Any] | None, email: str, delay_of: MailDelay) -> Held | None:
    """The latest code to this address whose mail has left; its time is counted from then."""
    if row is None or row.email != email:
        return None
    for held in _held(row):
        delay = delay_of(connection, held.mail_id) if held.mail_id else timedelta()
        if delay is not None:
            code = Kept(held.code.hashed, held.code.expires_at + delay, held.code.tries)
            return Held(held.prefix, code, held.mail_id)
    return None


def _held(row: Row[Any]) -> Iterator[Held]:
    """The codes of a row, the later one first."""
    yield Held("", Kept(row.hashed, row.expires_at, row.tries), row.mail_id)
    if row.earlier_hashed is not None:
        code = Kept(row.earlier_hashed, row.earlier_expires_at, row.earlier_tries)
        yield Held("earlier_", code, None)  # its end was moved when it became the earlier one


def earlier_columns(earlier: Held | None) -> Mapping[str, Any]:
    """The columns of the code that holds until the newer one is sent."""
    code = earlier.code if earlier else None
    return {
        "earlier_hashed": code.hashed if code else None,
        "earlier_expires_at": code.expires_at if code else None,
        "earlier_tries": code.tries if code else 0,
    }
