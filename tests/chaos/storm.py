"""The faults of a run, drawn from its seed, and how soon work goes on after each."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that begins so many seconds after the storm, and what it draws its chances from. It lasts as long as it likes, or as is said."""

    at: float
    kind: type[Fault]
    seed: int
    lasts: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """When a fault began and ended, in seconds since the epoch."""

    began: float
    ended: float


class Storm:
    """Faults one after the other, each with a thread of its own: one that lasts long meets the next ones.

    `seen` counts the faults by name, `spans` has when each was, `recovery` the seconds until work went on, `struck` how many requests met
    a fault where that is counted, `submitted` how many errands were submitted besides the traffic.
    """

    def __init__(
        self, ground: Ground, inspected: Inspected, strikes: Sequence[Strike], *, complain: Callable[[str], None]
    ) -> None:
        self._ground, self._inspected, self._complain = ground, inspected, complain
        self._strikes = sorted(strikes, key=lambda strike: strike.at)
        self._calm = threading.Event()
        self.seen: dict[str, int] = defaultdict(int)
        self.spans: dict[str, list[Span]] = defaultdict(list)
        self.struck: dict[str, int] = defaultdict(int)
        self.recovery: dict[str, list[float]] = defaultdict(list)
        self.submitted = sum(1 + len(strike.kind.crowd) for strike in self._strikes)

    def rage(self) -> None:
        """Begin one fault after the other; returns when all have ended and work went on after each."""
        threads, began = [], time.monotonic()
        for number, strike in enumerate(self._strikes):
            self._calm.wait(max(0, began + strike.at - time.monotonic()))
            threads.append(threading.Thread(target=self._told, args=(number, strike), name=strike.kind.name))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _told(self, number: int, strike: Strike) -> None:
        try:
            self._one(number, strike)
        except Exception as error:  # noqa: BLE001  (a fault that did not happen is told by the verdict)
            self._complain(f"fault {strike.kind.name}: {type(error).__name__}: {error}")

    def _one(self, number: int, strike: Strike) -> None:
        fault = strike.kind(self._ground, random.Random(strike.seed))  # noqa: S311  (to be repeated)
        fault.lasts = fault.lasts if strike.lasts is None else strike.lasts
        crowd = self._crowd(number, fault)
        say(f"fault {number + 1} of {len(self._strikes)}: {fault.name}")
        self.seen[fault.name] += 1
        began = time.time()
        try:
            fault.begin()
            self._last(fault)
        finally:
            fault.end()
        self.spans[fault.name].append(Span(began, time.time()))
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


def drawn(seed: int, count: int, seconds: float, *, only: Collection[str] = ()) -> Iterator[Strike]:
    """So many faults at even intervals; every kind that fits into the run once before any comes again."""
    rng = random.Random(seed)  # noqa: S311  (to be repeated)
    wanted = [FAULTS[name] for name in only] or list(FAULTS.values())
    fitting = [kind for kind in wanted if kind.seconds[1] <= seconds * LONGEST_SHARE]
    deck: list[type[Fault]] = []
    for number in range(count):
        if not deck:
            deck = rng.sample(fitting, len(fitting))
        yield Strike(number * seconds / count, deck.pop(), rng.getrandbits(32))
