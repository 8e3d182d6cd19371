"""What a part of the bench hands back: numbers with the goals that they are held against."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """One number. `goal` is a bound in the same unit, None where the number only explains another."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    bound: Literal["at most", "at least"] = "at most"

    @property
    def reached(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value <= self.goal if self.bound == "at most" else self.value >= self.goal


def interleaved(*works: Callable[[], object], rounds: int) -> list[list[float]]:
    """The milliseconds of each work in each round. They take turns, so that what else the machine does meets all alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for taken, work in zip(times, works, strict=True):
            started = time.perf_counter()
            work()
            taken.append((time.perf_counter() - started) * 1000)
    return times
