"""When the time of something that is kept is over. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta


def ended_before(days: Mapping[str, int], now: datetime) -> dict[str, datetime]:
    """By the state in which a submission ended: what ended before this time is kept no longer."""
    return {state: now - timedelta(days=kept) for state, kept in days.items()}


def is_over(state: str, closed_at: datetime | None, *, days: Mapping[str, int], now: datetime) -> bool:
    """Whether what belongs to this submission is kept no longer. What is open, or in a state of no table, is kept."""
    cutoff = ended_before(days, now).get(state)
    return closed_at is not None and cutoff is not None and closed_at < cutoff
