"""Detects that a dependency is back, so that the tasks that wait for it go on within seconds."""

import threading
from contextlib import suppress
from typing import Final

import structlog

from config.container import Container
from pipeline.kernel.errors import ProofdeskError, RetryableError
from pipeline.tasks.stalled import resume

log = structlog.get_logger()

PROBE_SECONDS: Final = 1.0
STOP_SECONDS: Final = 5.0


class Recovery(threading.Thread):
    """While a circuit of this process is open, probes the dependency as often as the circuit allows, then resumes its tasks.

    Otherwise a process would notice a dependency's return only with the next due task.
    """

    def __init__(self, tools: Container) -> None:
        super().__init__(name="recovery", daemon=True)
        self._db = tools.db
        self._ledger = tools.ledger
        self._probes = (
            (tools.storage.circuit, tools.storage.require_buckets),
            (tools.mailer.circuit, tools.mailer.ping),
        )
        self._away: set[str] = set()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Probe once a second."""
        while not self._stopping.wait(PROBE_SECONDS):
            try:
                self.look()
            except RetryableError as error:
                log.warning("recovery.waiting", error=str(error))
            except Exception:
                log.exception("recovery.failed")

    def stop(self) -> None:
        """Stop after the present probe, or after a few seconds: an interrupted probe does no harm."""
        self._stopping.set()
        self.join(timeout=STOP_SECONDS)

    def look(self) -> bool:
        """Probe the dependencies that were away, and resume the tasks of those that answer. Returns whether all answer.

        Ends of tries that could not be recorded are recorded first. Raises DatabaseUnavailable; then the next call does it.
        """
        self._ledger.settle()
        for circuit, probe in self._probes:
            if not circuit.is_closed:
                self._away.add(circuit.dependency)
                with suppress(ProofdeskError):
                    probe()
            if circuit.is_closed and circuit.dependency in self._away:
                resume(self._db, circuit.dependency)
                self._away.discard(circuit.dependency)
        return not self._away
