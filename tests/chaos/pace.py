"""How fast work went: before the first fault, while there were faults, and after the last."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Times:
    """When things happened, in seconds since the epoch: traffic began, the faults began and had been recovered from, or never did."""

    began: float
    storm_began: float
    storm_ended: float


class Watch:
    """Says how long each part of a run took."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self.laps: dict[str, float] = {"in_all": 0}

    def lap(self, name: str) -> None:
        """A part is over."""
        now = time.monotonic()
        self.laps[name] = round(now - self._since, 1)
        self.laps["in_all"] = round(self.laps["in_all"] + now - self._since, 1)
        self._since = now


def ended_at(view: Mapping[str, Any]) -> float:
    """When a submission had ended, with all that follows from it, by the database's clock."""
    ends = [view["closed_at"], *(effect["done_at"] for effect in view["effects"])]
    return max(datetime.fromisoformat(end).timestamp() for end in ends if end)


def throughput(ends: Sequence[float], times: Times) -> dict[str, float | None]:
    """Submissions that ended per second in each of the three times; None for one that had no length."""
    last = max(ends, default=times.began)
    spans = {
        "before": (times.began, times.storm_began),
        "during": (times.storm_began, times.storm_ended),
        "after": (times.storm_ended, last),
    }
    return {name: _rate(ends, min(since, last), min(until, last)) for name, (since, until) in spans.items()}


def spread(seconds: Iterable[float]) -> dict[str, float]:
    """The middle and the worst of some durations."""
    known = list(seconds)
    return {"p50": round(median(known), 1), "max": round(max(known), 1)}


def _rate(ends: Sequence[float], since: float, until: float) -> float | None:
    if until <= since:
        return None
    return round(sum(since < end <= until for end in ends) / (until - since), 2)
