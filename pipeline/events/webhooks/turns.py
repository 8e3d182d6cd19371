"""Which task sends to an endpoint: one at a time, so that an endpoint holds one thread of a worker at most, however slow it is.

Each delivery has a task. The first that is claimed sends everything that is due, and the others end as soon as they are claimed, or
with the delivery that they stand for. What is not due yet, or failed, waits for the same task, which is put off until then.

**Locks.** Whoever takes several of these takes them in this order:

1. the lock of a member's events (`pipeline/events/outbound.py`),
2. the endpoint's row, `FOR NO KEY UPDATE`: who decides whether and by which task is sent, and who changes several deliveries of it,
3. the event's row, `FOR KEY SHARE` by who tells of it, `FOR UPDATE` by who retracts it,
4. the deliveries' rows,
5. the tasks' rows.

A transaction that emits has only the first, and of the endpoint `FOR KEY SHARE`, which waits for nothing above.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select, update

from pipeline.events.tables import delivery, endpoint
from pipeline.kernel.database import Database, constant
from pipeline.kernel.ids import new_id
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import DELIVER_EVENT, TaskState
from pipeline.tasks.steps import end_ready, put_off
from pipeline.tasks.tables import task as tasks

_EARLIER: Final = delivery.alias("earlier")
IS_NEXT: Final[ColumnElement[bool]] = ~exists().where(
    _EARLIER.c.endpoint_id == delivery.c.endpoint_id,
    _EARLIER.c.member_id == delivery.c.member_id,
    _EARLIER.c.sequence < delivery.c.sequence,
    _EARLIER.c.state == constant("pending"),
)
"""No earlier event of the same member waits for the endpoint."""

PENDING: Final[ColumnElement[bool]] = delivery.c.state == constant("pending")
IS_DUE: Final[ColumnElement[bool]] = delivery.c.due_at <= func.clock_timestamp()


IDLE_SECONDS: Final = 1


@dataclass(frozen=True, slots=True)
class Sender:
    """The task that sends to an endpoint, or did last, and the database's clock when it was looked at."""

    state: str | None
    now: datetime

    @property
    def is_live(self) -> bool:
        """Whether it sends, or will by itself."""
        return self.state in (TaskState.RUNNING, TaskState.READY)


def locked(connection: Connection, endpoint_id: UUID, *where: ColumnElement[bool]) -> Row[Any] | None:
    """The endpoint, for this transaction alone; transactions that emit do not wait for it. None where it is gone."""
    there = (endpoint.c.id == endpoint_id, endpoint.c.state != "removed", *where)
    return connection.execute(select(endpoint).where(*there).with_for_update(key_share=True)).one_or_none()


def take(task: Task, endpoint_id: UUID, *, db: Database) -> bool:
    """Whether this task is to send now; it holds the endpoint's turn then. Otherwise it has ended or is put off, and nothing is lost.

    Raises LeaseLost.
    """
    with db.begin() as connection:
        row = locked(connection, endpoint_id)
        if row is None or row.state == "paused":
            ledger.finish(connection, task)
            return False
        other = _sender(connection, row.sender_id if row.sender_id != task.id else None)
        rests = row.rests_until is not None and row.rests_until > other.now
        if other.state == TaskState.RUNNING or (rests and other.is_live):
            ledger.finish(connection, task)
            return False
        if row.sender_id != task.id:
            end_ready(connection, tasks.c.id == row.sender_id)
            connection.execute(update(endpoint).where(endpoint.c.id == endpoint_id).values(sender_id=task.id))
        if rests:
            put_off(connection, task, until=row.rests_until, because="EndpointFailed: The endpoint rests.")
        return not rests


def end(connection: Connection, task: Task, endpoint_id: UUID, *, idle: bool, because: str | None) -> None:
    """End the turn: until the next delivery is due, or for good where none waits. The endpoint is locked here. Raises LeaseLost.

    An `idle` one has sent nothing: it does not come back at once, whatever it waits for.
    """
    row = locked(connection, endpoint_id)
    due = next_due(connection, endpoint_id) if row is not None and row.state == "active" else None
    if row is None or due is None:
        ledger.finish(connection, task)
        return
    soonest = func.now() + timedelta(seconds=IDLE_SECONDS if idle else 0)
    put_off(connection, task, until=func.greatest(due, row.rests_until, soonest), because=because)


def is_due(connection: Connection, endpoint_id: UUID) -> bool:
    """Whether a delivery is due, whose turn it is among its member's."""
    due = select(delivery.c.event_id).where(delivery.c.endpoint_id == endpoint_id, PENDING, IS_DUE, IS_NEXT).limit(1)
    return connection.execute(due).first() is not None


def next_due(connection: Connection, endpoint_id: UUID) -> datetime | None:
    """When the next delivery is due, whose turn it is among its member's; None where none waits."""
    first = select(func.min(delivery.c.due_at)).where(delivery.c.endpoint_id == endpoint_id, PENDING, IS_NEXT)
    if is_due(connection, endpoint_id):  # found at once, however many wait
        first = select(func.now())
    due: datetime | None = connection.execute(first).scalar_one()
    return due


def wake(connection: Connection, row: Row[Any]) -> bool:
    """Let somebody send to this endpoint, which the caller has locked. False where a task does or is due to."""
    sender = _sender(connection, row.sender_id)
    if sender.state == TaskState.RUNNING:
        return False
    if sender.state == TaskState.READY:
        later = (tasks.c.id == row.sender_id, tasks.c.state == TaskState.READY, tasks.c.due_at > func.now())
        return bool(connection.execute(update(tasks).where(*later).values(due_at=func.now(), hinted_at=None)).rowcount)
    key = f"{DELIVER_EVENT.name}:{row.id}:{new_id()}"
    made = ledger.record(connection, DELIVER_EVENT, row.id, trace=f"webhook:{row.id}", dedup_key=key)
    connection.execute(update(endpoint).where(endpoint.c.id == row.id).values(sender_id=made))
    return True


def _sender(connection: Connection, task_id: UUID | None) -> Sender:
    """Asked in a statement of its own, once the endpoint is locked: what was read together with the lock could be older."""
    now = func.clock_timestamp()
    clock = select(now.label("now")).subquery()
    known = clock.outerjoin(tasks, tasks.c.id == task_id)
    row = connection.execute(select(tasks.c.state, clock.c.now).select_from(known)).one()
    return Sender(row.state, row.now)
