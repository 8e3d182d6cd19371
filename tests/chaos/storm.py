"""The faults of a run, drawn from its seed, and how soon work goes on after each."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from pipeline.kernel.errors import ProofdeskError
from tests.chaos.errands import Errand, What
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.ground import Ground
from tests.chaos.progress import say
from tests.support.together import until

Inspected = Callable[[Errand], None]
"""Submits an errand and returns when it has been inspected."""
UNDER_WAY: Final = 2
UNDER_WAY_SECONDS: Final = 3
UNMET_SECONDS: Final = 20
FIRST_PROBE: Final = 900_000
FIRST_OF_A_CROWD: Final = 800_000
LONGEST_SHARE: Final = 0.6
"""How much of a run a fault may last."""
LARGEST_CROWD: Final = 10


class Storm:
    """Faults at even intervals, each with a thread of its own: one that lasts long meets the next ones.

    `seen` counts the faults by name, `recovery` has the seconds until work went on, `struck` how many requests met a
    fault where that is counted, `submitted` how many errands were submitted besides the traffic.
    """

    def __init__(self, ground: Ground, inspected: Inspected, *, seed: int, count: int, seconds: float) -> None:
        self._ground, self._inspected = ground, inspected
        self._drawn = list(_drawn(random.Random(seed), count, seconds))  # noqa: S311  (to be repeated)
        self._pause = seconds / max(count, 1)
        self._calm = threading.Event()
        self.seen: dict[str, int] = defaultdict(int)
        self.struck: dict[str, int] = defaultdict(int)
        self.recovery: dict[str, list[float]] = defaultdict(list)
        self.submitted = sum(1 + len(kind.crowd) for kind, _ in self._drawn)

    def rage(self) -> None:
        """Begin one fault after the other; returns when all have ended and work went on after each."""
        threads = []
        for number, (kind, seed) in enumerate(self._drawn):
            threads.append(threading.Thread(target=self._one, args=(number, kind, seed), name=kind.name))
            threads[-1].start()
            self._calm.wait(self._pause)
        for thread in threads:
            thread.join()

    def _one(self, number: int, kind: type[Fault], seed: int) -> None:
        fault = kind(self._ground, random.Random(seed))  # noqa: S311  (to be repeated)
        crowd = self._crowd(number, fault)
        say(f"fault {number + 1} of {len(self._drawn)}: {fault.name}")
        self.seen[fault.name] += 1
        try:
            fault.begin()
            self._last(fault)
        finally:
            fault.end()
        self._probe(number, fault)
        for each in crowd:
            each.join()
        self._count(fault)

    def _crowd(self, number: int, fault: Fault) -> list[threading.Thread]:
        """Submit what the fault is to meet; returns when some of it is under way, or nothing moves anyway."""
        first = FIRST_OF_A_CROWD + number * LARGEST_CROWD
        errands = [_errand(f"crowd-{number}-{n}", what, first + n) for n, what in enumerate(fault.crowd)]
        crowd = [threading.Thread(target=self._inspected, args=(each,), name=each.label) for each in errands]
        for each in crowd:
            each.start()
        if crowd:
            with suppress(AssertionError, ProofdeskError):
                until(lambda: self._ground.tasks_under_way() >= UNDER_WAY, seconds=UNDER_WAY_SECONDS)
        return crowd

    def _last(self, fault: Fault) -> None:
        """Let it last; longer where nobody has met it yet."""
        self._calm.wait(fault.lasts)
        with suppress(AssertionError):
            until(lambda: fault.struck != 0, seconds=UNMET_SECONDS)

    def _probe(self, number: int, fault: Fault) -> None:
        ended = time.monotonic()
        self._inspected(_errand(f"probe-{number}", "avatar", FIRST_PROBE + number))
        self.recovery[fault.name].append(time.monotonic() - ended)

    def _count(self, fault: Fault) -> None:
        if fault.struck is not None:
            say(f"{fault.name} struck {fault.struck} times")
            self.struck[fault.name] += fault.struck


def _errand(label: str, what: What, number: int) -> Errand:
    return Errand(label, what, "http", label, "", number, 0)


def _drawn(rng: random.Random, count: int, seconds: float) -> Iterator[tuple[type[Fault], int]]:
    """Every kind that fits into the run once before any comes again."""
    fitting = [kind for kind in FAULTS.values() if kind.seconds[1] <= seconds * LONGEST_SHARE]
    deck: list[type[Fault]] = []
    for _ in range(count):
        if not deck:
            deck = rng.sample(fitting, len(fitting))
        yield deck.pop(), rng.getrandbits(32)
