from dataclasses import dataclass
from typing import Literal

from pydantic import Field, PositiveInt

from pipeline.kernel.rules.digests import member_digest
from schemas.base import Frozen
from schemas.submissions import Member


class SignIn(Frozen):
    """Signing in to the console: how long a session and an invitation live, what a password must be, how tries are slowed down.

    A second factor is `off`, `optional` (asked for where a person has one) or `required` of everybody. So many failed tries in a row
    are free; each further one is followed by a pause that doubles up to the longest. A device is known for some days after its owner
    has last signed in there.
    """

    session_idle_minutes: PositiveInt
    session_hours: PositiveInt
    fresh_minutes: PositiveInt
    second_factor: Literal["off", "optional", "required"]
    invitation_hours: PositiveInt
    password_length: int = Field(ge=8, le=128)
    tries_per_account: PositiveInt
    first_pause_seconds: PositiveInt
    longest_pause_seconds: PositiveInt
    forget_hours: PositiveInt
    device_days: PositiveInt


class SessionRules(Frozen):
    """How long a link may be opened, and how long the session is that it opens, in seconds."""

    link_seconds: PositiveInt
    session_seconds: PositiveInt


class KeyRules(Frozen):
    """How long a key that was rotated stays valid beside its successor: by default, and at most, in hours."""

    overlap_hours: int = Field(default=24, ge=0)
    longest_overlap_hours: PositiveInt = 720


@dataclass(frozen=True, slots=True)
class Speaker:
    """The member whom a session speaks for, as upstream described them."""

    member_id: str
    profile: Member

    @property
    def name(self) -> str:
        """Who this is in history, and whose upload slots and idempotency keys these are, whichever session it was."""
        return session_name(self.member_id)


def session_name(member_id: str) -> str:
    """The name of every session of this member. History cannot be changed, so it names a member by a digest."""
    return f"member:{member_digest(member_id)}"
