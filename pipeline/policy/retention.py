from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, PositiveInt

from schemas.base import Frozen

CLOSED: Final = ("approved", "rejected", "refused", "expired", "superseded", "withdrawn")
"""The states in which a submission ends."""


def _for_each_state(days: Mapping[str, int]) -> Mapping[str, int]:
    if sorted(days) != sorted(CLOSED):
        raise ValueError(f"give days for each of {', '.join(CLOSED)}, and for nothing else")
    return days


ByState = Annotated[Mapping[str, PositiveInt], AfterValidator(_for_each_state)]
"""Days from the end of a submission, by the state in which it ended."""


class Retention(Frozen):
    """How long each kind of data is kept after its submission ended, in days.

    Of what belongs to no submission: mails from when they were sent, messages from when they were parked.
    """

    originals: ByState
    renditions: ByState
    facts: ByState
    fingerprints: ByState
    mails: ByState
    other_mails: PositiveInt
    parked_messages: PositiveInt


class Erasure(Frozen):
    """Within how many days nothing of an erased member is left."""

    deadline_days: PositiveInt


def ended_before(days: Mapping[str, int], now: datetime) -> dict[str, datetime]:
    """By the state in which a submission ended: what ended before this time is kept no longer."""
    return {state: now - timedelta(days=kept) for state, kept in days.items()}


def is_over(state: str, closed_at: datetime | None, *, days: Mapping[str, int], now: datetime) -> bool:
    """Whether what belongs to this submission is kept no longer. What is open, or in a state of no table, is kept."""
    cutoff = ended_before(days, now).get(state)
    return closed_at is not None and cutoff is not None and closed_at < cutoff
