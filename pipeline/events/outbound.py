"""Events for other services: recorded in the transaction that makes them true, with a delivery for each endpoint.

The events of one member are numbered in the order in which they are committed: a transaction that emits one holds the member's lock
until its end. So emit last: what is locked after it may wait for somebody who waits for that lock.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Interval, Text, any_, bindparam, delete, func, insert, literal_column, or_, select

from pipeline.events.tables import FEED_LOCK, LAST_NUMBER, delivery, endpoint, event
from pipeline.kernel.ids import new_id
from pipeline.ownership.tables import Owned, owner_of
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
    .returning(event.c.sequence, event.c.service)
)
"""An event with its number, which is taken under the member's lock. One trip: nearly every change emits an event."""

_SUBSCRIBED: Final = select(endpoint.c.id, endpoint.c.state).where(
    or_(func.cardinality(endpoint.c.types) == 0, any_(endpoint.c.types) == bindparam("event_type", type_=Text)),
    or_(endpoint.c.service.is_(None), endpoint.c.service == bindparam("service", type_=Text)),
    func.starts_with(bindparam("member_id", type_=Text), func.coalesce(endpoint.c.members_prefix, "")),
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
    for to in connection.execute(_SUBSCRIBED, about).all():
        pending = {"event_id": event_id, "endpoint_id": to.id, "member_id": member_id, "sequence": made.sequence}
        connection.execute(insert(delivery).values(pending))
        if to.state == "active":
            ref = delivery_ref(event_id, to.id)
            ledger.record(connection, DELIVER_EVENT, ref, trace=trace, delay_seconds=delay_seconds)
    return event_id


def retract(connection: Connection, cause_id: UUID) -> bool:
    """Take back the delayed event of this cause. False where its delivery may have begun: roll back then."""
    deliveries = connection.execute(
        select(delivery).join(event, event.c.id == delivery.c.event_id).where(event.c.cause_id == cause_id)
    ).all()
    if not all(recall(connection, DELIVER_EVENT, delivery_ref(each.event_id, each.endpoint_id)) for each in deliveries):
        return False
    connection.execute(delete(event).where(event.c.cause_id == cause_id))
    return True


def delivery_ref(event_id: UUID, endpoint_id: UUID) -> str:
    """How a task names a delivery."""
    return f"{event_id}:{endpoint_id}"
