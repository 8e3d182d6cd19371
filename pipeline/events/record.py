"""Record what other services are told, in the transaction that makes it true; each endpoint gets a delivery of its own."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, any_, delete, func, insert, or_, select

from pipeline.events.tables import delivery, endpoint, event
from pipeline.ids import new_id
from pipeline.tasks import ledger
from pipeline.tasks.recall import recall
from pipeline.tasks.rules import DELIVER_EVENT
from schemas.base import Frozen


def record(
    connection: Connection,
    event_type: str,
    data: Frozen,
    *,
    member_id: str,
    trace: str,
    cause_id: UUID | None = None,
    delay_seconds: float = 0,
) -> UUID:
    """Record an event and its deliveries. A delayed one can be taken back until then, by its cause."""
    event_id = new_id()
    row = {
        "id": event_id,
        "type": event_type,
        "member_id": member_id,
        "data": data.model_dump(mode="json"),
        "cause_id": cause_id,
        "at": func.now() + timedelta(seconds=delay_seconds),
    }
    sequence = connection.execute(insert(event).values(row).returning(event.c.sequence)).scalar_one()
    wanted = or_(func.cardinality(endpoint.c.types) == 0, any_(endpoint.c.types) == event_type)
    for to in connection.execute(select(endpoint.c.id, endpoint.c.state).where(wanted)).all():
        pending = {"event_id": event_id, "endpoint_id": to.id, "member_id": member_id, "sequence": sequence}
        connection.execute(insert(delivery).values(pending))
        if to.state == "active":
            ref = delivery_ref(event_id, to.id)
            ledger.record(connection, DELIVER_EVENT, ref, trace=trace, delay_seconds=delay_seconds)
    return event_id


def take_back(connection: Connection, cause_id: UUID) -> bool:
    """Unsay what was recorded with a delay for this cause; whether nothing of it has begun to leave. Roll back where it has."""
    said = connection.execute(
        select(delivery).join(event, event.c.id == delivery.c.event_id).where(event.c.cause_id == cause_id)
    ).all()
    if not all(recall(connection, DELIVER_EVENT, delivery_ref(each.event_id, each.endpoint_id)) for each in said):
        return False
    connection.execute(delete(event).where(event.c.cause_id == cause_id))
    return True


def delivery_ref(event_id: UUID, endpoint_id: UUID) -> str:
    """How a task names a delivery."""
    return f"{event_id}:{endpoint_id}"
