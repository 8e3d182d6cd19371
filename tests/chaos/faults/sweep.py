"""The storage is swept while pictures are published, and what is hardly older than a try may be counts as old."""

import random
import threading
from datetime import timedelta
from typing import Final

from pipeline.kernel.errors import ProofdeskError
from pipeline.submission.deletions import UPLOADS
from pipeline.workflows.storage_sweep import Slice, StorageSweep
from tests.chaos.faults.fault import AVATARS, Fault
from tests.chaos.progress import say

A_TRY: Final = timedelta(seconds=120)
"""The longest that a try may take between its first object and the row that names it, twice the longest lease of those that write objects."""
LONG_AGO: Final = timedelta(days=1)
PAUSE_SECONDS: Final = 0.3


class SweepBesidePublishing(Fault):
    """One sweep after the other, over the vault and public, not six hours but two minutes behind the tries."""

    name, seconds, crowd = "sweep_beside_publishing", (6, 10), AVATARS

    def choose(self, rng: random.Random) -> None:  # noqa: ARG002  (there is no choice)
        """It has not begun."""
        self._over = threading.Event()
        self._sweeping = threading.Thread(target=self._sweep, name=self.name)

    def begin(self) -> None:
        """Sweep until the end."""
        self._sweeping.start()

    def end(self) -> None:
        """Stop after the pass that is under way."""
        self._over.set()
        self._sweeping.join()

    def _sweep(self) -> None:
        tools = self.ground.tools
        while not self._over.wait(PAUSE_SECONDS):
            try:
                now = tools.db.now()
                ages = {f"{UPLOADS}/": now - LONG_AGO, "": now - A_TRY}
                StorageSweep(tools.db, tools.storage, ages=ages, part=Slice()).run()
            except ProofdeskError as error:
                say(f"a sweep ends early: {type(error).__name__}")
