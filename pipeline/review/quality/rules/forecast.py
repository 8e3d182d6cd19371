"""Forecast of a queue at its present pace. Pure: all times are working hours from now."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_CASES: Final = 100_000
"""The most cases that a forecast looks at."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Cases an hour of work: how many come in, and how many are decided."""

    arrivals: float
    decided: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many of those that wait now, and of those that come within the horizon, will be late; and when none waits any more."""

    late_of_waiting: int
    arriving: int
    late_of_arriving: int
    hours_to_clear: float | None


@dataclass(order=True, frozen=True, slots=True)
class _Case:
    due: float
    arrives: float
    waits_now: bool


def forecast(dues: Sequence[float], pace: Pace, *, due_in: float, horizon: float) -> Forecast:
    """Cases come and are decided at an even pace, the one that is due soonest first, as claims are given out.

    `dues` are those of the cases that wait, below zero where one is overdue; what comes later is due `due_in` hours after it came. Cases arrive until `horizon`; all
    are decided in the end, unless nothing is decided at all.
    """
    arrivals = _arrivals(pace.arrivals, due_in, horizon)
    cases = [*(_Case(due, 0.0, waits_now=True) for due in dues[:MOST_CASES]), *arrivals]
    late = _late(cases, pace.decided)
    waiting = sum(case.waits_now for case in late)
    return Forecast(waiting, len(arrivals), len(late) - waiting, _hours_to_clear(len(dues), pace))


def _arrivals(pace: float, due_in: float, horizon: float) -> list[_Case]:
    """Cases that arrive evenly, the first after one interval."""
    count = min(int(pace * horizon), MOST_CASES)
    return [_Case(number / pace + due_in, number / pace, waits_now=False) for number in range(1, count + 1)]


def _late(cases: Sequence[_Case], decided: float) -> list[_Case]:
    """The cases that are decided after they are due; where nothing is decided, all."""
    if decided == 0:
        return list(cases)
    arriving = sorted(cases, key=lambda case: case.arrives)
    waiting: list[_Case] = []
    late: list[_Case] = []
    now, position = 0.0, 0
    while waiting or position < len(arriving):
        if not waiting:
            now = max(now, arriving[position].arrives)
        while position < len(arriving) and arriving[position].arrives <= now:
            heapq.heappush(waiting, arriving[position])
            position += 1
        case = heapq.heappop(waiting)
        now += 1 / decided
        if now > case.due:
            late.append(case)
    return late


def _hours_to_clear(waiting: int, pace: Pace) -> float | None:
    """The hours until nothing waits; None where the queue does not shrink."""
    if not waiting:
        return 0.0
    gained = pace.decided - pace.arrivals
    return waiting / gained if gained > 0 else None
