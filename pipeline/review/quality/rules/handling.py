"""How long somebody worked on a case: from the signs of life of their claims, without the silences. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

_ENDED_BY_PERSON = frozenset({"decided", "released"})


@dataclass(frozen=True, slots=True)
class Span:
    """One claim: when it was taken, when it was renewed, and when and how it ended."""

    taken_at: datetime
    renewed_at: tuple[datetime, ...]
    ended_at: datetime | None
    state: str


def worked(spans: Iterable[Span], *, idle: timedelta) -> timedelta:
    """The time that somebody worked on a case in all these claims. Of a longer silence, only so much is counted as work.

    A claim that ran out ended for its reviewer with its last sign of life: nobody was there when it was taken back.
    """
    return sum((_worked(span, idle) for span in spans), timedelta())


def percentile(values: Sequence[float], share: int) -> float | None:
    """The least value that so many percent do not exceed (nearest rank); None of nothing."""
    if not values:
        return None
    rank = max(1, math.ceil(share / 100 * len(values)))
    return sorted(values)[rank - 1]


def _worked(span: Span, idle: timedelta) -> timedelta:
    signs = [span.taken_at, *sorted(span.renewed_at)]
    if span.ended_at is not None and span.state in _ENDED_BY_PERSON:
        signs.append(span.ended_at)
    return sum((min(later - earlier, idle) for earlier, later in pairwise(signs)), timedelta())
