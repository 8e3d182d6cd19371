"""Events for other services: recorded in the transaction that makes them true, with a delivery for each endpoint.

The events of one member are numbered in the order in which they are committed: a transaction that emits one holds the member's lock
until its end. So emit last: what is locked after it may wait for somebody who waits for that lock.

A transaction that emits never waits for who sends to an endpoint, resumes it or replays to it: see `webhooks/turns.py` for all locks.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Connection,
    Interval,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
)

from pipeline.events.tables import FEED_LOCK, LAST_NUMBER, delivery, endpoint, event
from pipeline.kernel.database import Instant
from pipeline.kernel.ids import new_id
from pipeline.ownership.tables import Owned, is_live, owner_of
from pipeline.tasks import ledger
from pipeline.tasks.operate import recall
from pipeline.tasks.rules import DELIVER_EVENT
from schemas.base import Frozen
from schemas.events import EventType

_LOCK: Final = (
    select(
        func.pg_advisory_xact_lock(func.hashtextextended(bindparam("lock", type_=Text), 0)),
        func.pg_advisory_xact_lock_shared(literal_column(f"{FEED_LOCK}") + LAST_NUMBER),
    )
    .cte("lock")
    .prefix_with("MATERIALIZED")
)
"""The member's lock, and one by which the feed sees that a number above the last one is under way (`pipeline/events/feed.py`)."""

_GIVEN: Final = ("id", "type", "member_id", "data", "cause_id")
_RECORD: Final = (
    insert(event)
    .from_select(
        (*_GIVEN, "service", "sequence", "at"),
        select(
            *(bindparam(name, type_=event.c[name].type) for name in _GIVEN),
            func.coalesce(bindparam("service", type_=Text), owner_of(Owned.MEMBER, bindparam("member_id", type_=Text))),
            func.nextval("event_sequence_seq"),
            func.now() + bindparam("delay", type_=Interval),
        ).select_from(_LOCK),
    )
    .returning(event.c.sequence, event.c.service, event.c.at)
)
"""An event with its number, which is taken under the member's lock. One trip: nearly every change emits an event."""

_AT: Final = bindparam("at", type_=Instant)
_SUBSCRIBED: Final = (
    select(
        bindparam("event_id", type_=Uuid),
        endpoint.c.id,
        bindparam("member_id", type_=Text),
        bindparam("sequence", type_=BigInteger),
        _AT,
        _AT,
    )
    .where(
        endpoint.c.state != "removed",
        or_(func.cardinality(endpoint.c.types) == 0, any_(endpoint.c.types) == bindparam("event_type", type_=Text)),
        or_(
            endpoint.c.service.is_(None) & is_live(bindparam("member_id", type_=Text)),
            endpoint.c.service == bindparam("service", type_=Text),
        ),
        func.starts_with(bindparam("member_id", type_=Text), func.coalesce(endpoint.c.members_prefix, "")),
    )
    .order_by(endpoint.c.id)
    .with_for_update(read=True, key_share=True)  # one that goes meanwhile is left out, and is no broken reference
)
_DELIVERIES: Final = (
    insert(delivery)
    .from_select(("event_id", "endpoint_id", "member_id", "sequence", "due_at", "begun_at"), _SUBSCRIBED)
    .returning(delivery.c.endpoint_id)
)


def emit(
    connection: Connection,
    event_type: EventType,
    data: Frozen,
    *,
    member_id: str,
    trace: str,
    cause_id: UUID | None = None,
    delay_seconds: float = 0,
    service: str | None = None,
) -> UUID:
    """Record an event and its deliveries. A delayed one can be retracted until then, by its cause.

    Each delivery has a task, also where its endpoint is paused: whether it is sent is decided when it is due, not here.
    `service` is the one that sent what the event is about. None: the service that owns the member.
    """
    event_id = new_id()
    row = {
        "lock": f"events:{member_id}",
        "id": event_id,
        "type": event_type,
        "member_id": member_id,
        "service": service,
        "data": data.model_dump(mode="json"),
        "cause_id": cause_id,
        "delay": timedelta(seconds=delay_seconds),
    }
    made = connection.execute(_RECORD, row).one()
    about = {"event_type": event_type, "service": made.service, "member_id": member_id}
    numbered = {"event_id": event_id, "sequence": made.sequence, "at": made.at}
    for endpoint_id in connection.execute(_DELIVERIES, {**about, **numbered}).scalars().all():
        ref = delivery_ref(event_id, endpoint_id)
        ledger.record(connection, DELIVER_EVENT, ref, trace=trace, delay_seconds=delay_seconds)
    return event_id


def retract(connection: Connection, cause_id: UUID) -> bool:
    """Take back the delayed event of this cause. False where its time has come, so that it may have been told: roll back then.

    Only its time counts, whether or not a task waits for it. The clock is asked with the row locked: who tells of it locks the row,
    too, and asks the same clock (`may_be_told`), so of the two one wins.
    """
    retracted = select(event.c.id, event.c.sequence).where(event.c.cause_id == cause_id).with_for_update()
    numbers = {row.id: row.sequence for row in connection.execute(retracted)}
    ids = list(numbers)
    for number in numbers.values():  # the feed ends before it, until this transaction has ended
        connection.execute(select(func.pg_advisory_xact_lock_shared(FEED_LOCK + number - 1)))
    sent = select(delivery.c.event_id, delivery.c.endpoint_id).where(delivery.c.event_id.in_(ids))
    deliveries = connection.execute(sent).all()
    early = (event.c.id.in_(ids), event.c.at > func.clock_timestamp())
    if len(connection.execute(delete(event).where(*early).returning(event.c.id)).all()) != len(ids):
        return False
    for each in deliveries:
        recall(connection, DELIVER_EVENT, delivery_ref(each.event_id, each.endpoint_id))
    return True


def may_be_told(connection: Connection, events: Collection[UUID]) -> set[UUID]:
    """Those of these events whose time has come and that are not being retracted. After this nobody retracts them."""
    come = (event.c.id.in_(events), event.c.at <= func.clock_timestamp())
    return set(connection.execute(select(event.c.id).where(*come).with_for_update(read=True, key_share=True)).scalars())


def delivery_ref(event_id: UUID, endpoint_id: UUID) -> str:
    """How a task names a delivery."""
    return f"{event_id}:{endpoint_id}"


def endpoint_of(ref: str) -> UUID:
    """The endpoint of a task of deliveries, which names one delivery or only the endpoint."""
    return UUID(ref.rpartition(":")[2])
