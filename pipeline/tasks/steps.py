"""Work that takes several transactions or waits for its time: what a worker keeps of a task that it goes on with, or gives back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, update
from sqlalchemy.sql.elements import ColumnElement

from pipeline.kernel.database import storable
from pipeline.kernel.errors import LeaseLost
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import TaskState
from pipeline.tasks.tables import task


def put_off(
    connection: Connection, mine: Task, *, until: datetime | ColumnElement[datetime], because: str | None = None
) -> None:
    """Give the task back until then, in the transaction of what it has done so far. No try is used up. Raises LeaseLost."""
    waits = {"state": TaskState.READY, "lease_until": None, "due_at": until, "hinted_at": None, "attempts": 0}
    _change(connection, mine, **waits, last_error=storable(because) if because else None)


def keep_payload(connection: Connection, mine: Task, payload: Mapping[str, Any]) -> None:
    """Keep how far the task is, in the transaction of that step. Raises LeaseLost."""
    _change(connection, mine, payload=dict(payload))


def end_ready(connection: Connection, *which: ColumnElement[bool]) -> None:
    """End the waiting tasks for which one of these is true: another task has done their work, or will."""
    ended = {"state": TaskState.DONE, "ended_at": func.now(), "last_error": None}
    connection.execute(update(task).where(or_(*which), task.c.state == TaskState.READY).values(**ended))


def _change(connection: Connection, mine: Task, **values: Any) -> None:
    held = (task.c.id == mine.id, task.c.state == TaskState.RUNNING, task.c.token == mine.token)
    if connection.execute(update(task).where(*held).values(**values)).rowcount != 1:
        raise LeaseLost(f"Task {mine.id} is no longer held with token {mine.token}.")
