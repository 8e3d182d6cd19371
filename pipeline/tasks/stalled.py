from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement, and_, func, literal_column, select

from pipeline.kernel.batches import in_batches, update_some
from pipeline.kernel.database import Database, constant
from pipeline.kernel.errors import (
    MailAmbiguous,
    MailCircuitOpen,
    MailUnavailable,
    RetryableError,
    StorageCircuitOpen,
    StorageUnavailable,
)
from pipeline.tasks.rules import TaskState
from pipeline.tasks.tables import task

log = structlog.get_logger()

CAUSES: Final[Mapping[str, tuple[type[RetryableError], ...]]] = {
    "object store": (StorageUnavailable, StorageCircuitOpen),
    "mail server": (MailUnavailable, MailCircuitOpen, MailAmbiguous),
}
"""The errors that show which dependency a task waits for. A task's last error begins with the error's name."""

_OPEN: Final = frozenset({StorageCircuitOpen.__name__, MailCircuitOpen.__name__})
MOST_COUNTED: Final = 10_000
"""Asked each second, so a million that wait cost no more than these."""

SPREAD_SECONDS: Final = 5.0
"""Resumed tasks are spread over this time, so that a dependency that has just come back is not overloaded."""


@dataclass(frozen=True, slots=True)
class StalledWork:
    """The tasks that wait for one dependency (counted up to 10,000), whether a worker's circuit to it is open, and the next try."""

    dependency: str
    tasks: int
    circuit_open: bool
    next_try_at: datetime


def stalled_work(db: Database) -> Sequence[StalledWork]:
    """The stalled work by dependency; empty where no dependency was away at the last try. Raises DatabaseUnavailable."""
    names = [error.__name__ for errors in CAUSES.values() for error in errors]
    rows = select(_cause().label("name"), task.c.due_at).where(*_stalled_by(names)).limit(MOST_COUNTED).subquery()
    query = select(rows.c.name, func.count().label("tasks"), func.min(rows.c.due_at).label("next")).group_by(
        rows.c.name
    )
    with db.read() as connection:
        found = {row.name: row for row in connection.execute(query)}
    return [
        StalledWork(
            dependency,
            sum(row.tasks for row in mine),
            any(row.name in _OPEN for row in mine),
            min(row.next for row in mine),
        )
        for dependency, errors in CAUSES.items()
        if (mine := [found[error.__name__] for error in errors if error.__name__ in found])
    ]


def resume(db: Database, dependency: str, *, spread_seconds: float = SPREAD_SECONDS) -> int:
    """Make the tasks that wait for a dependency due within some seconds, now that it is back. Returns how many."""
    names = [error.__name__ for error in CAUSES[dependency]]
    later = task.c.due_at > func.now() + timedelta(seconds=spread_seconds)
    stalled = and_(*_stalled_by(names), later)
    soon = {"due_at": func.now() + func.random() * timedelta(seconds=spread_seconds), "hinted_at": None}
    resumed = in_batches(db, lambda connection: update_some(connection, task, stalled, soon), renew=lambda: None)
    log.info("work.resumed", dependency=dependency, tasks=resumed)
    return resumed


def _stalled_by(names: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return task.c.state == constant(TaskState.READY.value), task.c.waits > literal_column("0"), _cause().in_(names)


def _cause() -> ColumnElement[str]:
    return func.split_part(task.c.last_error, literal_column("':'"), literal_column("1"))
