"""How long things took for whom: from acceptance to review, and from an event to the endpoint that is told of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from pipeline.kernel.rules.statistics import percentile
from tests.chaos.evidence import Evidence
from tests.chaos.storm import Span

CALM: Final = "calm"
AFTERMATH_SECONDS: Final = 30
"""So long after a fault nothing counts as calm."""


class Waited(NamedTuple):
    """When something began, in seconds since the epoch, and how many seconds it took."""

    since: float
    seconds: float


def inspections(evidence: Evidence) -> list[Waited]:
    """From its acceptance to its review, of each submission that came there."""
    received = {each.submission_id: each.at for each in evidence.events if each.type == "submission.received"}
    review = {each.submission_id: each.at for each in evidence.events if each.type == "submission.in_review"}
    return [Waited(received[each], review[each] - received[each]) for each in review.keys() & received.keys()]


def tellings(evidence: Evidence) -> list[Waited]:
    """From an event's time until the endpoint had it."""
    first: dict[str, float] = {}
    for each in evidence.told:
        first.setdefault(each.event_id, each.at)
    return [Waited(each.at, first[each.event_id] - each.at) for each in evidence.events if each.event_id in first]


def by_time(waited: Sequence[Waited], faults: Mapping[str, Sequence[Span]]) -> dict[str, Mapping[str, float | None]]:
    """Of those that began while nothing was broken, and of those that began during each fault."""
    every = [Span(span.began, span.ended + AFTERMATH_SECONDS) for spans in faults.values() for span in spans]
    calm = [each for each in waited if not _within(each, every)]
    during = {name: [each for each in waited if _within(each, spans)] for name, spans in faults.items()}
    return {name: _spread(some) for name, some in {CALM: calm, **during}.items()}


def _within(waited: Waited, spans: Iterable[Span]) -> bool:
    return any(span.began <= waited.since <= span.ended for span in spans)


def _spread(waited: Sequence[Waited]) -> Mapping[str, float | None]:
    seconds = [each.seconds for each in waited]
    return {"n": len(seconds), **{f"p{share}": _rounded(percentile(seconds, share)) for share in (50, 99)}}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
