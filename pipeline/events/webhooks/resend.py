"""Resume and replay: an endpoint is sent what it did not get, or gets again. No event is written one by one, and nobody waits for it.

An endpoint's row is locked as `turns.py` says. A replay of many events goes on in batches, as a task that knows how far it is.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Connection, Row, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.audit.record import SYSTEM, write
from pipeline.events.tables import delivery, endpoint, event
from pipeline.events.webhooks import turns
from pipeline.kernel.database import Database, Instant
from pipeline.kernel.errors import AlreadyThere, Invalid, NotFound, Problem
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.digests import member_digest
from pipeline.ownership.rules import EVERYTHING, Reach
from pipeline.ownership.tables import within
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import REPLAY_EVENTS
from pipeline.tasks.steps import keep_payload
from schemas.events import ReplayRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger()

BATCH: Final = 1000


def resume(
    endpoint_id: UUID,
    *,
    now: datetime,
    actor: str = SYSTEM,
    db: Database,
    reach: Reach = EVERYTHING,
    once: Once | None = None,
) -> int:
    """Activate a paused endpoint and send what is pending, in order. Returns how many events. Raises NotFound, AlreadyThere.

    What it did not take before is due at once, and its time to be given up begins anew. An event before its time stays so.
    """
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, once)) is not None:
            return int(earlier["count"])
        row = required(connection, endpoint_id, reach)
        if row.state == "active":
            raise AlreadyThere("The endpoint is active already.")
        fresh = {"state": "active", "paused_because": None, "failing_since": None, "failures": 0, "rests_until": None}
        connection.execute(update(endpoint).where(endpoint.c.id == endpoint_id).values(**fresh, resumed_at=now))
        pending = (delivery.c.endpoint_id == endpoint_id, turns.PENDING)
        tried = (*pending, delivery.c.tries > 0, delivery.c.due_at > func.now())
        connection.execute(update(delivery).where(*tried).values(due_at=func.now()))
        count = int(connection.execute(select(func.count()).select_from(delivery).where(*pending)).scalar_one())
        turns.wake(connection, row)
        detail = {"endpoint_id": str(endpoint_id), "events": count}
        write(connection, "webhook.resumed", actor=actor, detail=detail)
        remember(connection, once, {"count": count})
    log.info("webhook.resumed", **detail)
    return count


def replay(
    endpoint_id: UUID,
    request: ReplayRequest,
    *,
    now: datetime,
    actor: str = SYSTEM,
    db: Database,
    reach: Reach = EVERYTHING,
    once: Once | None = None,
) -> int:
    """Send events again, delivered ones too. Returns how many. Raises NotFound, Invalid.

    Of many events the first are on their way with this; a task goes on with the others.
    """
    if request.since is None and not request.event_ids:
        raise Invalid([Problem("since", "missing_field", "Say which: since a time, or by event_ids.")])
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, once)) is not None:
            return int(earlier["count"])
        row = required(connection, endpoint_id, reach)
        which = _requested(request, row)
        count, top = connection.execute(
            select(func.count(), func.coalesce(func.max(event.c.sequence), 0)).where(*which)
        ).one()
        many = request.member_id is None and not request.event_ids and count > BATCH
        after = _again(connection, row, which, now=now, most=BATCH if many else None)
        if many:
            assert request.since is not None  # noqa: S101  (checked above)
            left = {"since": request.since.isoformat(), "after": after, "top": top}
            key = f"{REPLAY_EVENTS.name}:{endpoint_id}:{new_id()}"
            ledger.record(
                connection, REPLAY_EVENTS, endpoint_id, trace=f"webhook:{endpoint_id}", dedup_key=key, payload=left
            )
        of_member = {"member": member_digest(request.member_id)} if request.member_id is not None else {}
        detail = {"endpoint_id": str(endpoint_id), "events": count}
        write(connection, "webhook.replayed", actor=actor, detail={**detail, **of_member})
        remember(connection, once, {"count": count})
    log.info("webhook.replayed", **detail)
    return int(count)


def go_on(task: Task, *, db: Database) -> None:
    """Do the rest of a replay, a batch in each transaction. Raises LeaseLost."""
    left: Mapping[str, Any] = task.payload or {}
    after: int | None = int(left["after"])
    request = ReplayRequest(since=datetime.fromisoformat(left["since"]))
    while after is not None:
        with db.begin() as connection:
            row = turns.locked(connection, UUID(task.ref_id))
            if row is None:
                after = None
            else:
                rest = (event.c.sequence > after, event.c.sequence <= left["top"])
                after = _again(connection, row, (*_requested(request, row), *rest), now=None, most=BATCH)
            if after is None:
                ledger.finish(connection, task)
            else:
                keep_payload(connection, task, {**left, "after": after})
        if after is not None:
            ledger.renew(db, task)


def required(connection: Connection, endpoint_id: UUID, reach: Reach) -> Row[Any]:
    """The endpoint in this reach, locked as `turns.py` says. Raises NotFound."""
    mine = within(reach, service=endpoint.c.service, member=endpoint.c.members_prefix)
    row = turns.locked(connection, endpoint_id, *mine)
    if row is None:
        raise NotFound(f"There is no endpoint {endpoint_id}.")
    return row


def _requested(request: ReplayRequest, to: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    """Which events: the requested ones of those that this endpoint gets, and whose time has come."""
    mine = Reach(to.service, to.members_prefix, live_only=to.service is None)
    gets = within(mine, service=event.c.service, member=event.c.member_id)
    which: list[ColumnElement[bool]] = [event.c.at <= func.now(), *gets]
    if to.types:
        which.append(event.c.type.in_(to.types))
    if request.since is not None:
        which.append(event.c.at >= request.since)
    if request.event_ids:
        which.append(event.c.id.in_(request.event_ids))
    if request.member_id is not None:
        which.append(event.c.member_id == request.member_id)
    return tuple(which)


def _again(
    connection: Connection,
    to: Row[Any],
    which: tuple[ColumnElement[bool], ...],
    *,
    now: datetime | None,
    most: int | None,
) -> int | None:
    """Let these events be sent again, the earliest first, and wake who sends. The number of the last one where more may follow.

    The events are locked as who tells of them does: one that is being retracted is left out.
    """
    begun = literal(now, Instant) if now is not None else func.now()
    chosen = (
        select(event.c.id, literal(to.id), event.c.member_id, event.c.sequence, func.now(), begun)
        .where(*which)
        .order_by(event.c.sequence)
        .limit(most)
        .with_for_update(read=True, key_share=True)
    )
    columns = ("event_id", "endpoint_id", "member_id", "sequence", "due_at", "begun_at")
    made = insert(delivery).from_select(columns, chosen)
    again = {
        "state": "pending",
        "delivered_at": None,
        "tries": 0,
        "round": delivery.c.round + 1,
        "due_at": made.excluded.due_at,
        "begun_at": made.excluded.begun_at,
    }
    upsert = made.on_conflict_do_update(index_elements=["event_id", "endpoint_id"], set_=again)
    numbers = connection.execute(upsert.returning(delivery.c.sequence)).scalars().all()
    if numbers:
        turns.wake(connection, to)
    return max(numbers) if most is not None and len(numbers) == most else None
