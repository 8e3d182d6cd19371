"""What a look at a promise comes to (DOMAIN §7.4). Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

LOOK_AGAIN: Final = timedelta(minutes=5)


class Sign(StrEnum):
    """What is told of a promise: that it will soon be broken, or that it is."""

    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is there to see: whether the submission is open, whether its result is there or none is owed, what was warned of."""

    is_open: bool
    is_settled: bool
    was_warned: bool
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """What to tell, if anything, and when to look again; None where there is nothing more to see."""

    sign: Sign | None
    again_at: datetime | None


def look_at(seen: Seen, now: datetime) -> Look:
    """Each sign is told once, and a warning only before the promise is broken.

    What is decided will have its result in a moment, so nobody is warned of it; a decision may be undone, so it is looked at again.
    """
    if seen.is_settled:
        return Look(None, None)
    if now >= seen.due_at:
        return Look(Sign.OVERDUE, None)
    if seen.was_warned:
        return Look(None, seen.due_at)
    if not seen.is_open:
        return Look(None, min(seen.due_at, now + LOOK_AGAIN))
    return Look(Sign.DUE_SOON, seen.due_at)
