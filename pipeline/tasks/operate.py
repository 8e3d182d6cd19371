import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, and_, func, select, update

from pipeline.audit.record import SYSTEM, write
from pipeline.kernel.batches import BATCH, Renew, delete_in_batches, in_batches
from pipeline.kernel.database import Database, after_commit, constant
from pipeline.kernel.errors import Conflict, NotFound
from pipeline.tasks.rules import ACCEPT, Kind, TaskState
from pipeline.tasks.tables import schedule_run, task

RECALLED: Final = "Recalled before it was due."
DISMISSED: Final = "dismissed"
"""In place of what a dismissed message said: its digest."""
CALLED_OFF: Final = "Called off before anybody had begun."


def tasks(db: Database, *, state: TaskState | None, kind: str | None, limit: int = 50) -> Sequence[RowMapping]:
    """Tasks, the latest first; all states but `done` where none is given."""
    query = select(task).order_by(task.c.id.desc()).limit(limit)
    query = query.where(task.c.state == state) if state else query.where(task.c.state != TaskState.DONE)
    if kind:
        query = query.where(task.c.kind == kind)
    with db.read() as connection:
        return connection.execute(query).mappings().all()


def counts(db: Database) -> Sequence[RowMapping]:
    """How many tasks of each kind are in each state that is not done, and since when the oldest is due."""
    query = (
        select(task.c.kind, task.c.state, func.count().label("count"), func.min(task.c.due_at).label("oldest_due_at"))
        .where(task.c.state != TaskState.DONE)
        .group_by(task.c.kind, task.c.state)
        .order_by(task.c.kind, task.c.state)
    )
    with db.read() as connection:
        return connection.execute(query).mappings().all()


def task_shown(db: Database, task_id: UUID) -> RowMapping:
    """All of one task. Raises NotFound."""
    with db.read() as connection:
        row = connection.execute(select(task).where(task.c.id == task_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no task {task_id}.")
    return row


def retry(db: Database, task_id: UUID, *, actor: str = SYSTEM) -> None:
    """Let a parked or ready task be tried at once, its tries counted anew. Raises NotFound, Conflict."""
    kind = task_shown(db, task_id)["kind"]
    with db.begin() as connection:
        _require(
            connection.execute(
                update(task)
                .where(task.c.id == task_id, task.c.state.in_((TaskState.PARKED, TaskState.READY)))
                .values(
                    state=TaskState.READY, due_at=func.now(), hinted_at=func.now(), attempts=0, waits=0, ended_at=None
                )
            ).rowcount,
            "Only a parked or waiting task can be tried again.",
        )
        write(connection, "task.retried", actor=actor, detail={"task_id": str(task_id), "kind": kind})
        after_commit(connection, kind=kind, task_id=str(task_id))


def retry_parked(db: Database, *, error: str, actor: str = SYSTEM) -> int:
    """Let every task that was parked by this error, such as `StorageMisconfigured`, be tried at once. Returns how many."""
    return in_batches(db, lambda connection: _retry_some(connection, error, actor=actor), renew=lambda: None)


def _retry_some(connection: Connection, error: str, *, actor: str) -> int:
    by_it = (task.c.state == TaskState.PARKED, func.split_part(task.c.last_error, ":", 1) == error)
    some = select(task.c.id).where(*by_it).limit(BATCH).with_for_update(skip_locked=True).cte("some")
    again = {"state": TaskState.READY, "due_at": func.now(), "hinted_at": None, "attempts": 0, "waits": 0}
    change = update(task).where(task.c.id == some.c.id).values(**again, ended_at=None)
    rows = connection.execute(change.returning(task.c.id, task.c.kind)).all()
    for row in rows:
        write(connection, "task.retried", actor=actor, detail={"task_id": str(row.id), "kind": row.kind})
    return len(rows)


def park(db: Database, task_id: UUID, *, reason: str, actor: str = SYSTEM) -> None:
    """Set a ready task aside. Raises NotFound, Conflict."""
    kind = task_shown(db, task_id)["kind"]
    with db.begin() as connection:
        _require(
            connection.execute(
                update(task)
                .where(task.c.id == task_id, task.c.state == TaskState.READY)
                .values(state=TaskState.PARKED, ended_at=func.now(), last_error=f"Parked by an operator: {reason}")
            ).rowcount,
            "Only a waiting task can be parked; one that runs ends by itself.",
        )
        write(connection, "task.parked", actor=actor, detail={"task_id": str(task_id), "kind": kind})


def dismiss(db: Database, task_id: UUID, *, reason: str, actor: str = SYSTEM) -> None:
    """End a parked message of the queue door, which nobody is to accept any more. Raises NotFound, Conflict.

    What it said goes; its digest stays, so that the same message, delivered again, is not parked again.
    """
    kind = task_shown(db, task_id)["kind"]
    with db.begin() as connection:
        parked = (task.c.id == task_id, task.c.kind == ACCEPT.name, task.c.state == TaskState.PARKED)
        row = connection.execute(select(task.c.payload).where(*parked).with_for_update()).one_or_none()
        if row is None:
            raise Conflict("Only a parked message of the queue door can be dismissed.")
        kept = {DISMISSED: digest_of(row.payload or {})}
        ended = {"state": TaskState.DONE, "ended_at": func.now(), "payload": kept}
        connection.execute(
            update(task).where(*parked).values({**ended, "last_error": f"Dismissed by an operator: {reason}"})
        )
        write(connection, "task.dismissed", actor=actor, detail={"task_id": str(task_id), "kind": kind})


def digest_of(payload: Mapping[str, Any]) -> str:
    """A digest of what a task was given."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True, default=repr).encode()).hexdigest()


def recall(connection: Connection, kind: Kind, ref_id: object) -> bool:
    """End the task of `kind` and `ref_id` without its effect, in the caller's transaction. False where it is due or was ever claimed.

    A compare-and-set on the row that a worker's claim sets: of the two one wins. `due_at` alone would not do: a task that failed is
    ready again, due later, and may have left half of its effect. Its token has grown.
    """
    recalled = connection.execute(
        update(task)
        .where(
            task.c.dedup_key == f"{kind.name}:{ref_id}",
            task.c.state == TaskState.READY,
            task.c.token == 0,
            task.c.due_at > func.now(),
        )
        .values(state=TaskState.DONE, ended_at=func.now(), last_error=RECALLED)
    )
    return recalled.rowcount == 1


def call_off(connection: Connection, kind: Kind, ref_id: object) -> bool:
    """The same for a task whose effect was called off: also where it is due or was tried. False where a worker has it, or it is over."""
    ready = (task.c.dedup_key == f"{kind.name}:{ref_id}", task.c.state == TaskState.READY)
    ended = {"state": TaskState.DONE, "ended_at": func.now(), "last_error": CALLED_OFF}
    return connection.execute(update(task).where(*ready).values(ended)).rowcount == 1


def forget_done(db: Database, *, days: int, renew: Renew) -> int:
    """Delete tasks that were done, and runs of the schedule, more than so many days ago. Returns how many tasks."""
    before = func.now() - timedelta(days=days)
    delete_in_batches(db, schedule_run, schedule_run.c.run_at < before, renew=renew)
    done = and_(task.c.state == constant(TaskState.DONE), task.c.ended_at < before)
    return delete_in_batches(db, task, done, renew=renew)


def _require(changed: int, otherwise: str) -> None:
    if changed != 1:
        raise Conflict(otherwise)
