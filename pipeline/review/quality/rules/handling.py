from collections.abc import Iterable
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
    """The time that somebody worked on a case in all these claims. Of a longer gap between two reports, only `idle` counts.

    A claim that ran out counts until its last report: nobody was there when it expired.
    """
    return sum((_worked(span, idle) for span in spans), timedelta())


def _worked(span: Span, idle: timedelta) -> timedelta:
    reports = [span.taken_at, *sorted(span.renewed_at)]
    if span.ended_at is not None and span.state in _ENDED_BY_PERSON:
        reports.append(span.ended_at)
    return sum((min(later - earlier, idle) for earlier, later in pairwise(reports)), timedelta())
