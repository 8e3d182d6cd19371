from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from schemas.base import Frozen, Identifier
from schemas.submissions import Member


class SessionRequest(Frozen):
    """Ask for a link to the member's page, for a member whom you have signed in, as you know them at this moment."""

    member_id: Identifier
    member: Member


class SessionLink(Frozen):
    """Where to send the member. The link opens one session, once, until `expires_at`."""

    url: str
    expires_at: datetime


class LinkTicket(Frozen):
    """What stands behind the # of a link."""

    ticket: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SessionView(Frozen):
    """Whom a session speaks for, and until when."""

    member_id: str
    member: Member
    expires_at: datetime


class SessionLine(Frozen):
    """A live session in a list."""

    id: UUID
    member_id: str
    opened_at: datetime
    expires_at: datetime


class OpenedSession(SessionView):
    """A session that was opened now, with its credential: `Authorization: Bearer pm_…`. It is shown once."""

    credential: str
