"""Notices that something which was away is back, so that work goes on within seconds however long it was away."""

import threading
from contextlib import suppress
from typing import Final

import structlog

from config.container import Container
from pipeline.kernel.errors import ProofdeskError, RetryableError
from pipeline.tasks.stalled import resume

log = structlog.get_logger()

LOOK_SECONDS: Final = 1.0
STOP_SECONDS: Final = 5.0


class Recovery(threading.Thread):
    """While a circuit of this process is open, asks the dependency as often as the circuit lets it, then calls the waiting work.

    Without it a dependency's return would be noticed only when a task happens to be due.
    """

    def __init__(self, tools: Container) -> None:
        super().__init__(name="recovery", daemon=True)
        self._db = tools.db
        self._probes = (
            (tools.storage.circuit, tools.storage.require_buckets),
            (tools.mailer.circuit, tools.mailer.ping),
        )
        self._away: set[str] = set()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Look once a second."""
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.look()
            except RetryableError as error:
                log.warning("recovery.waiting", error=str(error))
            except Exception:
                log.exception("recovery.failed")

    def stop(self) -> None:
        """Stop after the look at hand, unless that takes long: a look that is cut off does no harm."""
        self._stopping.set()
        self.join(timeout=STOP_SECONDS)

    def look(self) -> bool:
        """Ask what is away, and let go on what waits for what is back; whether nothing is away now.

        Raises DatabaseUnavailable; then the next look does it.
        """
        for circuit, probe in self._probes:
            if not circuit.is_closed:
                self._away.add(circuit.dependency)
                with suppress(ProofdeskError):
                    probe()
            if circuit.is_closed and circuit.dependency in self._away:
                resume(self._db, circuit.dependency)
                self._away.discard(circuit.dependency)
        return not self._away
