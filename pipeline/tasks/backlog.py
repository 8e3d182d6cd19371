"""Whether so much work is due that intake must not add to it. Asked often, counted seldom."""

import threading
import time
from typing import Final

from sqlalchemy import func, literal, select

from pipeline.kernel.database import Database, constant
from pipeline.tasks.rules import INSPECT, Kind, TaskState
from pipeline.tasks.tables import task

FRESH_SECONDS: Final = 1.0


class Backlog:
    """The tasks of one kind that are ready and due, held against a bound. One for each process; safe for threads.

    Counted up to the bound and no further, at most once in `fresh_seconds`, by one thread; the others go by the last count.
    """

    def __init__(self, db: Database, *, bound: int, kind: Kind = INSPECT, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._db, self._bound, self._kind, self._fresh = db, bound, kind, fresh_seconds
        self._counting = threading.Lock()
        self._counted_at: float | None = None
        self._full = False

    def is_full(self) -> bool:
        """Whether at least as many wait as the bound says. Raises DatabaseUnavailable."""
        if self._is_old() and self._counting.acquire(blocking=False):
            try:
                self._full = self._count() >= self._bound
                self._counted_at = time.monotonic()
            finally:
                self._counting.release()
        return self._full

    def _is_old(self) -> bool:
        return self._counted_at is None or time.monotonic() - self._counted_at >= self._fresh

    def _count(self) -> int:
        due = (
            select(literal(1))
            .where(
                task.c.state == constant(TaskState.READY.value),
                task.c.due_at <= func.now(),
                task.c.kind == self._kind.name,
            )
            .limit(self._bound)
        )
        with self._db.read() as connection:
            return int(connection.execute(select(func.count()).select_from(due.subquery())).scalar_one())
