"""The sign of life of a worker process, so that its tasks come back within seconds once it is dead."""

import threading
from typing import Final

import structlog

from config.container import Container
from pipeline.kernel.errors import RetryableError
from pipeline.tasks import processes
from pipeline.tasks.processes import BEAT_SECONDS

log = structlog.get_logger()

STOP_SECONDS: Final = 5.0


class Heartbeat(threading.Thread):
    """Beats once a second on a connection of its own, so that it never waits behind work.

    A process that was frozen or cut off counts as dead by then: it goes on under a new id, and what it holds is dropped by the tasks'
    tokens. Before the first beat, tasks have their leases alone.
    """

    def __init__(self, tools: Container) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._db = tools.heartbeat_db
        self._ledger = tools.ledger
        self._stopping = threading.Event()

    def run(self) -> None:
        """Beat until `stop`. While the database is away, try again each second."""
        while not self._stopping.is_set():
            try:
                self.beat()
            except RetryableError as error:
                log.warning("heartbeat.waiting", error=str(error))
            except Exception:
                log.exception("heartbeat.failed")
            self._stopping.wait(BEAT_SECONDS)

    def beat(self) -> None:
        """Give one sign of life, the first time under a new id. Raises DatabaseUnavailable."""
        known = self._ledger.process_id
        if known is not None and processes.beat(self._db, known):
            return
        if known is not None:
            log.warning("worker.was_counted_dead", process_id=str(known))
        self._ledger.process_id = processes.enter(self._db)

    def stop(self) -> None:
        """Beat no more, and give back what this process still holds."""
        self._stopping.set()
        self.join(timeout=STOP_SECONDS)
        known, self._ledger.process_id = self._ledger.process_id, None
        if known is not None:
            try:
                processes.leave(self._db, known)
            except RetryableError as error:
                log.warning("heartbeat.waiting", error=str(error))
