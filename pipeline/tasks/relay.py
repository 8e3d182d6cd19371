"""The relay: hints tasks that are due, and takes back expired leases. Any number may run."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import array

from pipeline.kernel.database import Database, Hint
from pipeline.tasks.rules import TaskState
from pipeline.tasks.tables import task

log = structlog.get_logger()

HINT_AGAIN_SECONDS: Final = 10
"""After this time a hint counts as lost. A second hint is harmless: only one claim wins."""

BATCH: Final = 200


def hint_due(db: Database, hint: Callable[[Sequence[Hint]], bool], *, batch: int = BATCH) -> int:
    """Hint tasks that are ready, due, and never hinted or not lately. Returns how many.

    The mark is committed before the hint leaves: a crash between the two costs a delay, never the work.
    """
    lost = task.c.hinted_at < func.now() - timedelta(seconds=HINT_AGAIN_SECONDS)
    due = (
        select(task.c.id)
        .where(task.c.state == TaskState.READY, task.c.due_at <= func.now(), or_(task.c.hinted_at.is_(None), lost))
        .order_by(task.c.due_at)
        .limit(batch)
        .with_for_update(skip_locked=True)
        .cte("due")  # not a subquery: a nested loop may run that again for each row, and pass the batch with it
    )
    with db.begin() as connection:
        rows = connection.execute(
            update(task).where(task.c.id == due.c.id).values(hinted_at=func.now()).returning(task.c.kind, task.c.id)
        ).all()
    hints = [(row.kind, str(row.id)) for row in rows]
    if hints and not hint(hints):
        forget_hints(db, hints)
        return 0
    return len(hints)


def forget_hints(db: Database, hints: Sequence[Hint]) -> None:
    """Unmark hints that were not sent, so that the relay sends them at once."""
    ids = [UUID(task_id) for _, task_id in hints]
    with db.begin() as connection:
        connection.execute(
            update(task).where(task.c.id.in_(ids), task.c.state == TaskState.READY).values(hinted_at=None)
        )


def due_tasks(db: Database, kinds: Sequence[str], *, limit: int) -> list[Hint]:
    """Tasks of these kinds that are ready and due, as (kind, id): for workers while the broker is away.

    In the order in which the kinds are given; of one kind the longest due first.
    """
    query = (
        select(task.c.kind, task.c.id)
        .where(task.c.state == TaskState.READY, task.c.due_at <= func.now(), task.c.kind.in_(kinds))
        .order_by(func.array_position(array(kinds), task.c.kind), task.c.due_at)
        .limit(limit)
    )
    with db.read() as connection:
        return [(row.kind, str(row.id)) for row in connection.execute(query)]


def due_of_each(db: Database, kinds: Sequence[str], *, limit: int) -> list[Hint]:
    """Of each of these kinds at most so many tasks that are ready and due, the longest due first, as (kind, id)."""
    place = func.row_number().over(partition_by=task.c.kind, order_by=(task.c.due_at, task.c.id)).label("place")
    due = (task.c.state == TaskState.READY, task.c.due_at <= func.now(), task.c.kind.in_(kinds))
    each = select(task.c.kind, task.c.id, place).where(*due).subquery()
    query = select(each.c.kind, each.c.id).where(each.c.place <= limit).order_by(each.c.place)
    with db.read() as connection:
        return [(row.kind, str(row.id)) for row in connection.execute(query)]


def sweep_leases(db: Database, *, batch: int = BATCH) -> int:
    """Give back tasks whose worker did not end them within the lease. Returns how many.

    Compare-and-set on the token, a row at a time: one that cannot be given back never stops the rest.
    """
    with db.read() as connection:
        expired = connection.execute(
            select(task.c.id, task.c.token, task.c.kind, task.c.attempts)
            .where(task.c.state == TaskState.RUNNING, task.c.lease_until < func.now())
            .order_by(task.c.lease_until)
            .limit(batch)
        ).all()
    return sum(_give_back(db, row.id, row.token, row.kind, row.attempts) for row in expired)


def _give_back(db: Database, task_id: object, token: int, kind: str, tries: int) -> bool:
    try:
        with db.begin() as connection:
            swept = connection.execute(
                update(task)
                .where(
                    task.c.id == task_id,
                    task.c.token == token,
                    task.c.state == TaskState.RUNNING,
                    task.c.lease_until < func.now(),
                )
                .values(
                    state=TaskState.READY,
                    lease_until=None,
                    process_id=None,
                    due_at=func.now(),
                    hinted_at=None,
                    last_error="The lease ran out: the worker died or hung.",
                )
            )
    except Exception:
        log.exception("task.sweep_failed", task_id=str(task_id))
        return False
    if swept.rowcount == 1:
        log.warning("task.lease_expired", task_id=str(task_id), task=kind, tries=tries)
    return swept.rowcount == 1
