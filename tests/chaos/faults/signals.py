"""Faults that are a signal to a process."""

import contextlib
import random
from signal import SIGKILL, Signals
from typing import ClassVar

import psutil

from tests.chaos.faults.fault import Fault
from tests.chaos.ground import Ground


class Signalled(Fault):
    """Somebody sends a process a signal. `victims` are the names among which is chosen."""

    victims: ClassVar[tuple[str, ...]]

    def choose(self, rng: random.Random) -> None:
        """Any of the victims."""
        self.victim = rng.choice(self.victims)


def signalled(ground: Ground, name: str, signal: Signals) -> None:
    """Send our process of that name a signal, unless it has just died."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(ground.pid(name)).send_signal(signal)


class Killed(Signalled):
    """SIGKILL, or another signal that ends it."""

    signal: ClassVar[Signals] = SIGKILL

    def begin(self) -> None:
        """Kill it."""
        signalled(self.ground, self.victim, self.signal)


class Frozen(Signalled):
    """SIGSTOP for a while."""

    seconds = (1, 3)
    _stopped: tuple[psutil.Process, ...] = ()

    def begin(self) -> None:
        """Stop it."""
        self._stopped = tuple(self.processes())
        for process in self._stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()

    def end(self) -> None:
        """Let it go on, unless it died meanwhile."""
        for process in self._stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def processes(self) -> list[psutil.Process]:
        """What is stopped."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return [psutil.Process(self.ground.pid(self.victim))]
        return []
