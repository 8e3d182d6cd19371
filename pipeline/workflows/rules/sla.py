"""Warn that a due time is near, and say that it has passed (DOMAIN §7.4). Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

LOOK_AGAIN: Final = timedelta(minutes=5)


class Sign(StrEnum):
    """What is emitted about a due time."""

    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a submission is. `is_over`: its member has the result, or none is owed any more."""

    is_open: bool
    is_over: bool
    was_warned: bool
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to emit now, if anything, and when to look again; None where the watch ends."""

    sign: Sign | None
    again_at: datetime | None


def next_step(progress: Progress, now: datetime) -> NextStep:
    """Each sign is emitted once, and the warning only before the due time.

    A decided submission gets no warning, as its result is sent in a moment; the decision may be undone, so it is looked at again.
    """
    if progress.is_over:
        return NextStep(None, None)
    if now >= progress.due_at:
        return NextStep(Sign.OVERDUE, None)
    if progress.was_warned:
        return NextStep(None, progress.due_at)
    if not progress.is_open:
        return NextStep(None, min(progress.due_at, now + LOOK_AGAIN))
    return NextStep(Sign.DUE_SOON, progress.due_at)
