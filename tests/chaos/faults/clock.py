"""A worker's clock is wrong. Leases are on the database's, so nothing follows from it."""

import contextlib
import random
from typing import Final

import psutil

from tests.chaos.faults.fault import FOR_EVERY_THREAD
from tests.chaos.faults.processes import WORKERS
from tests.chaos.faults.signals import Killed
from tests.support.together import until

OFF_SECONDS: Final = 300
RESTART_SECONDS: Final = 20
"""For a supervisor that has seen the worker die often lately."""


class WorkerClockOff(Killed):
    """A worker is restarted with a clock that is five minutes ahead or behind."""

    name, victims, seconds, crowd = "worker_clock_off", WORKERS, (6, 10), FOR_EVERY_THREAD

    def choose(self, rng: random.Random) -> None:
        """A worker, and which way."""
        super().choose(rng)
        self._off = rng.choice((-OFF_SECONDS, OFF_SECONDS))

    def begin(self) -> None:
        """Leave the order, kill, and wait until a worker that was restarted has taken it."""
        self.ground.clock_order.write_text(str(self._off))
        super().begin()
        with contextlib.suppress(AssertionError):
            until(lambda: not self.ground.clock_order.exists(), seconds=RESTART_SECONDS)

    def end(self) -> None:
        """Kill whoever has the wrong clock; it is restarted with the right one."""
        order = self.ground.clock_order
        order.unlink(missing_ok=True)
        for taken in order.parent.glob(f"{order.name}.*"):
            with contextlib.suppress(psutil.NoSuchProcess):
                worker = psutil.Process(int(taken.suffix[1:]))
                if str(order) in worker.cmdline():  # unless it died, and the number is another's by now
                    worker.kill()
            taken.unlink(missing_ok=True)
