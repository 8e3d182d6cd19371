import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from config.container import Container, build_container
from config.logging import configure_logging
from config.settings import load_settings
from pipeline.audit.record import put_in_force
from pipeline.audit.tally import write_ended
from pipeline.events.webhooks.sweep import delete_removed, wake_forgotten
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Misconfigured, RetryableError, StatementCancelled
from pipeline.review.claims.service import sweep_claims
from pipeline.tasks.processes import DeadProcesses, beats, end_dead
from pipeline.tasks.relay import BATCH, hint_due, sweep_leases
from pipeline.tasks.schedule import fire_due, schedule_of

log = structlog.get_logger()

TICK_SECONDS: Final = 0.2
FAULT_PAUSE_SECONDS: Final = 1.0


@dataclass
class Chore:
    """Work that is done every so many seconds. `do` returns how much it did; after a full batch it runs again at once."""

    name: str
    every: float
    do: Callable[[], int]
    due: float = field(default=0.0)

    def run(self, now: float) -> bool:
        """Do it if it is due. Returns whether it must run again at once."""
        if now < self.due:
            return False
        self.due = now + self.every
        full = self.do() >= BATCH
        if full:
            self.due = now
        return full


def chores(tools: Container) -> list[Chore]:
    """All chores of a relay, the most urgent first."""
    dead = DeadProcesses(silent_seconds=tools.settings.worker_silent_seconds)
    return [
        Chore("hint", TICK_SECONDS, lambda: 0 if tools.hints.paused else hint_due(tools.db, tools.hints)),
        Chore("sweep_leases", 1.0, lambda: sweep_leases(tools.db)),
        Chore("sweep_dead", 1.0, lambda: _sweep_dead(tools.db, dead)),
        Chore("seal_audit", 1.0, tools.audit_sealer.seal),
        Chore("sweep_claims", 2.0, lambda: sweep_claims(tools.db)),
        Chore("wake_endpoints", 5.0, lambda: wake_forgotten(tools.db)),
        Chore("delete_removed_endpoints", 5.0, lambda: delete_removed(tools.db)),
        Chore("tally", 15.0, lambda: write_ended(tools.db)),
        Chore("policy", 60.0, lambda: put_in_force(tools.policy.version, process="relay", db=tools.db)),
        Chore("schedule", 15.0, lambda: fire_due(tools.db, schedule=schedule_of(tools.policy))),
    ]


def _sweep_dead(db: Database, dead: DeadProcesses) -> int:
    """Give back the tasks of workers that died. The time is asked after the look, so that a slow one counts as a pause."""
    found = beats(db)
    return end_dead(db, dead.silent(found, now=time.monotonic()))


def run(tools: Container) -> None:
    """Relay until SIGTERM or SIGINT. While the database is away, try again each second."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    todo = chores(tools)
    log.info("relay.started")
    while not stop.is_set():
        pause = 0.0 if any(_done(chore) for chore in todo) else TICK_SECONDS
        stop.wait(pause)
    tools.close()
    log.info("relay.stopped")


def _done(chore: Chore) -> bool:
    try:
        return chore.run(time.monotonic())
    except StatementCancelled:
        chore.due = time.monotonic() + FAULT_PAUSE_SECONDS
        log.exception("relay.chore_failed", chore=chore.name)
    except RetryableError as error:
        chore.due = time.monotonic() + FAULT_PAUSE_SECONDS
        log.warning("relay.waiting", chore=chore.name, error=str(error))
    except Exception:
        chore.due = time.monotonic() + FAULT_PAUSE_SECONDS
        log.exception("relay.chore_failed", chore=chore.name)
    return False


def main() -> None:
    """`python -m workers.relay`: a relay process. Run two, so that one may die."""
    settings = load_settings()
    configure_logging("relay", log_format=settings.log_format, level=settings.log_level)
    run(build_container(settings))


if __name__ == "__main__":
    try:
        main()
    except Misconfigured as error:
        sys.exit(str(error))
