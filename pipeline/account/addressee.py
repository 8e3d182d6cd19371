from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from pipeline.account.rules.sections import PERSONAL
from pipeline.account.sections import sections_of
from pipeline.account.tables import confirmed_email
from pipeline.events.inbound import latest_contact
from pipeline.submission.tables import submission


@dataclass(frozen=True, slots=True)
class Addressee:
    """A member as a mail's recipient: `locale` as RFC 5646 or Unicode spell it, `timezone` an IANA name or None.

    The name is empty where nobody vouches for the address: it may be a stranger's, who must not read what another person wrote.
    """

    name: str
    email: str
    locale: str
    timezone: str | None


def addressee_of(connection: Connection, member_id: str) -> Addressee | None:
    """The member with the confirmed address; else that of the latest submission or event, else the one in the personal information.

    Name, language and time zone are the account's, else the latest submission's. None where no address is known.
    """
    written = sections_of(connection, member_id).get(PERSONAL)
    given: Mapping[str, Any] = written.content if written else {}
    upstream = _latest(connection, member_id)
    vouched_for = _confirmed(connection, member_id) or upstream.get("email")
    email = vouched_for or given.get("email")
    if email is None:
        return None
    known = {name: given.get(name) or upstream.get(name) for name in ("name", "locale", "timezone")}
    return Addressee((known["name"] or "") if vouched_for else "", email, known["locale"] or "en", known["timezone"])


def _latest(connection: Connection, member_id: str) -> Mapping[str, Any]:
    """The member as upstream named them last: with a submission, or with an event that carried a contact."""
    mine = select(submission.c.accepted_at, submission.c.member).where(submission.c.member_id == member_id)
    row = connection.execute(mine.order_by(submission.c.sequence.desc()).limit(1)).one_or_none()
    told = latest_contact(connection, member_id)
    if told is not None and (row is None or not row.member.get("email") or told[0] > row.accepted_at):
        return told[1]
    found: Mapping[str, Any] = row.member if row is not None else {}
    return found


def _confirmed(connection: Connection, member_id: str) -> str | None:
    mine = select(confirmed_email.c.email).where(confirmed_email.c.member_id == member_id)
    found: str | None = connection.execute(mine).scalar_one_or_none()
    return found
