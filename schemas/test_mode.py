from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from schemas.base import Frozen

_A_YEAR: Final = 31_622_400


class ClockForward(Frozen):
    """By how many seconds the times of the test key's open submissions come nearer; at most a leap year at once."""

    forward_seconds: Annotated[int, Field(ge=1, le=_A_YEAR)]


class ClockMoved(Frozen):
    """How many open submissions the clock was moved for."""

    submissions: int


class HeldMail(Frozen):
    """A mail to a member of a test key, as it would have gone out. It is `pending` until it is `held`, and never sent."""

    submission_id: UUID | None
    member_id: str
    template: str
    recipient: str
    locale: str
    subject: str
    text: str
    state: str
    frozen_at: datetime


class HeldMails(Frozen):
    """The latest mails, the latest first; at most 100."""

    items: tuple[HeldMail, ...]
