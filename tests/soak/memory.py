"""The memory of each of our processes, and the sizes of the tables, while traffic flows."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from statistics import median
from typing import Any, Final, NamedTuple

import psutil

from pipeline.kernel.errors import ProofdeskError
from tests.chaos.ground import NAMES, Ground

EVERY_SECONDS: Final = 10
MEBIBYTE: Final = 2**20
_SIZES: Final = "SELECT relname, pg_total_relation_size(relid) AS bytes FROM pg_stat_user_tables"


class Sample(NamedTuple):
    """The memory of a process that nobody else has, in bytes, so many seconds after the beginning."""

    at: float
    pid: int
    own: int


class Sizes(NamedTuple):
    """What every table takes with its indexes, in bytes, and how many submissions there were."""

    tables: Mapping[str, int]
    submissions: int


class Observer:
    """Samples until its block ends. `warm` is how many seconds count as warming up; `sizes` are those after that, and the last."""

    def __init__(self, *, warm: float) -> None:
        self._warm = warm
        self._over = threading.Event()
        self.samples: dict[str, list[Sample]] = defaultdict(list)
        self.sizes: list[Sizes] = []

    @contextmanager
    def beside(self, ground: Ground) -> Iterator[None]:
        """Observe this stack."""
        observing = threading.Thread(target=self._observe, args=(ground,), name="observer")
        observing.start()
        try:
            yield
        finally:
            self._over.set()
            observing.join()
            self.sizes.append(_sizes(ground))

    def _observe(self, ground: Ground) -> None:
        began = time.monotonic()
        while not self._over.wait(EVERY_SECONDS):
            elapsed = time.monotonic() - began
            for name in NAMES:
                with suppress(psutil.NoSuchProcess, AssertionError):
                    pid = ground.pid(name)
                    self.samples[name].append(Sample(elapsed, pid, psutil.Process(pid).memory_full_info().uss))
            if elapsed > self._warm and not self.sizes:
                with suppress(ProofdeskError):
                    self.sizes.append(_sizes(ground))

    def growth(self) -> dict[str, dict[str, Any]]:
        """Of each process: the middle of the fifth of the time after it was warm, of the last fifth, and by how much it grew, in percent."""
        return {name: _growth([each for each in found if each.at > self._warm]) for name, found in self.samples.items()}

    def grown(self) -> dict[str, int]:
        """By how many bytes each table grew for a submission, from the time when all was warm."""
        first, last = self.sizes[0], self.sizes[-1]
        count = max(1, last.submissions - first.submissions)
        by = {name: round((size - first.tables.get(name, 0)) / count) for name, size in last.tables.items()}
        return {name: grown for name, grown in sorted(by.items()) if grown}


def _growth(samples: list[Sample]) -> dict[str, Any]:
    part = max(1, len(samples) // 5)
    first, last = (median(each.own for each in some) / MEBIBYTE for some in (samples[:part], samples[-part:]))
    restarts = len({each.pid for each in samples}) - 1
    return {
        "first_mib": round(first, 1),
        "last_mib": round(last, 1),
        "percent": round(100 * (last / first - 1), 1),
        "restarts": restarts,
    }


def _sizes(ground: Ground) -> Sizes:
    with ground.tools.db.read() as connection:
        tables = {row.relname: row.bytes for row in connection.exec_driver_sql(_SIZES)}
        return Sizes(tables, int(connection.exec_driver_sql("SELECT count(*) FROM submission").scalar_one()))
