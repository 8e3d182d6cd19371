"""The processes of workers, and which of them are dead: their tasks go back before the leases run out (ADR 0023).

A process counts its beats in a row of its own. A relay takes one for dead whose count stood still for some seconds, all of which it
watched: by its own clock, so that no step of a clock counts, and anew after every pause of its own or of the database.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Row, exists, func, select, update

from pipeline.kernel.batches import Renew, delete_in_batches
from pipeline.kernel.database import Database
from pipeline.kernel.ids import new_id
from pipeline.tasks.rules import TaskState
from pipeline.tasks.tables import task, worker_process

log = structlog.get_logger()

BEAT_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 3.0
"""A relay that looked longer ago has watched nothing meanwhile: it, or the database, may have stood still."""

_KEPT: Final = timedelta(days=1)

DIED: Final = "The worker died: its process gives no sign of life."
LEFT: Final = "The worker ended before the task did."


def enter(db: Database) -> UUID:
    """A new process that works from now on. Raises DatabaseUnavailable."""
    process_id = new_id()
    with db.begin() as connection:
        connection.execute(worker_process.insert().values(id=process_id))
    return process_id


def beat(db: Database, process_id: UUID) -> bool:
    """Give a sign of life. Returns False where the process counts as dead: its tasks have gone to others. Raises DatabaseUnavailable."""
    lives = (worker_process.c.id == process_id, worker_process.c.ended_at.is_(None))
    with db.begin() as connection:
        beats = {"beats": worker_process.c.beats + 1, "beat_at": func.now()}
        return connection.execute(update(worker_process).where(*lives).values(beats)).rowcount == 1


def leave(db: Database, process_id: UUID) -> None:
    """The process works no more: what it still holds goes back at once."""
    _end(db, process_id, _LIVES, why=LEFT)


class DeadProcesses:
    """A relay's watch over the beats of all processes. `now` is a clock of this process that never goes back, in seconds."""

    def __init__(self, *, silent_seconds: float) -> None:
        self._silent_seconds = silent_seconds
        self._seen: dict[UUID, tuple[int, float]] = {}
        self._looked_at: float | None = None

    def silent(self, beats: Mapping[UUID, int], *, now: float) -> dict[UUID, int]:
        """The processes, with their beats, whose count stood still for so many seconds of uninterrupted watching."""
        if self._looked_at is None or now - self._looked_at > LONGEST_PAUSE_SECONDS:
            self._seen = {}
        self._looked_at = now
        before = self._seen
        self._seen = {each: _since(before.get(each), count, now) for each, count in beats.items()}
        return {each: count for each, (count, since) in self._seen.items() if now - since >= self._silent_seconds}


def _since(seen: tuple[int, float] | None, count: int, now: float) -> tuple[int, float]:
    return seen if seen is not None and seen[0] == count else (count, now)


def beats(db: Database) -> dict[UUID, int]:
    """How often each process has beaten that has not ended. Raises DatabaseUnavailable."""
    with db.read() as connection:
        rows = connection.execute(select(worker_process.c.id, worker_process.c.beats).where(_LIVES))
        return {row.id: row.beats for row in rows}


def end_dead(db: Database, dead: Mapping[UUID, int]) -> int:
    """Give back the tasks of processes that beat no more, unless they have beaten since. Returns how many tasks."""
    return sum(_end(db, each, (worker_process.c.beats == count) & _LIVES, why=DIED) for each, count in dead.items())


def forget_ended_processes(db: Database, *, renew: Renew) -> int:
    """Delete processes that ended more than a day ago. Returns how many."""
    return delete_in_batches(db, worker_process, worker_process.c.ended_at < func.now() - _KEPT, renew=renew)


_LIVES: Final = worker_process.c.ended_at.is_(None)


def _end(db: Database, process_id: UUID, still: ColumnElement[bool], *, why: str) -> int:
    """Give back its tasks one by one, then end it: whoever is stopped in between, the next one goes on."""
    as_seen = (worker_process.c.id == process_id, still)
    held = select(task.c.id, task.c.token, task.c.kind).where(
        task.c.state == TaskState.RUNNING, task.c.process_id == process_id
    )
    with db.read() as connection:
        rows = connection.execute(held).all()
    given_back = sum(_give_back(db, row, exists().where(*as_seen), why=why) for row in rows)
    with db.begin() as connection:
        ended = connection.execute(update(worker_process).where(*as_seen).values(ended_at=func.now())).rowcount == 1
    if ended:
        log.info("worker.process_ended", process_id=str(process_id), because=why, tasks=given_back)
    return given_back


def _give_back(db: Database, held: Row[UUID, int, str], as_seen: ColumnElement[bool], *, why: str) -> bool:
    """Make the task ready, by a compare-and-set on its token. One row that cannot be changed never stops the rest."""
    same = (task.c.id == held.id, task.c.token == held.token, task.c.state == TaskState.RUNNING)
    free = {"state": TaskState.READY, "lease_until": None, "process_id": None}
    again = {**free, "due_at": func.now(), "hinted_at": None, "last_error": why}
    try:
        with db.begin() as connection:
            back = connection.execute(update(task).where(*same, as_seen).values(again)).rowcount == 1
    except Exception:
        log.exception("task.sweep_failed", task_id=str(held.id))
        return False
    if back:
        log.warning("task.given_back", task_id=str(held.id), task=held.kind, because=why)
    return back
