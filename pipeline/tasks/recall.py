"""Recall a task: end it without its effect, while nobody can have begun it."""

from typing import Final

from sqlalchemy import Connection, func, update

from pipeline.tasks.rules import Kind, TaskState
from pipeline.tasks.tables import task

RECALLED: Final = "Recalled before it was due."


def recall(connection: Connection, kind: Kind, ref_id: object) -> bool:
    """End the task of `kind` and `ref_id` in the caller's transaction; False where it is due or was ever taken.

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
