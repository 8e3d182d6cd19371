"""The policy's part for members' sessions, and whom a session speaks for. Pure."""

from dataclasses import dataclass

from pydantic import PositiveInt

from schemas.base import Frozen
from schemas.submissions import Member


class SessionRules(Frozen):
    """How long a link may be opened, and how long the session is that it opens, in seconds."""

    link_seconds: PositiveInt
    session_seconds: PositiveInt


@dataclass(frozen=True, slots=True)
class Speaker:
    """The member whom a session speaks for, as upstream described them."""

    member_id: str
    profile: Member

    @property
    def name(self) -> str:
        """Who this is in history, and whose upload slots and idempotency keys these are, whichever session it was."""
        return f"member:{self.member_id}"
