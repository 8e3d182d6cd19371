"""Events that other services send. Each is counted once by (source, id); a duplicate returns the first receipt, however late."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Column, Connection, Index, Table, Text, Uuid, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import JSON, Instant, metadata
from pipeline.kernel.errors import IdempotencyKeyReused, MemberErased
from pipeline.kernel.ids import new_id
from schemas.incoming import EventRequest

inbound_event: Final = Table(
    "heard_event",
    metadata,
    Column("source", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("receipt", JSON),
    Column("contact", JSON),
    Column("told_by", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("received_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Index("ix_heard_event_member", "member_id", "received_at"),
)


class EventReused(IdempotencyKeyReused):
    """The source sent another event under this id before."""

    code = "event_reused"


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """An event that was received: our id for it, and its receipt where it was counted before."""

    event_id: UUID
    receipt: Mapping[str, Any] | None


def receive(
    connection: Connection, request: EventRequest, *, sender: str, trace: str, policy_version: str
) -> InboundEvent:
    """Receive an event, once. Where it is new, `keep_receipt` must follow in the same transaction.

    Two at once: the second waits here until the first has committed. Raises EventReused, or MemberErased for an event of a member
    who was erased since.
    """
    row = {
        "source": request.source,
        "id": request.id,
        "event_id": new_id(),
        "type": request.type,
        "member_id": request.member_id,
        "occurred_at": request.occurred_at,
        "fingerprint": fingerprint(request),
        "contact": request.contact.model_dump(mode="json") if request.contact else None,
        "told_by": sender,
        "correlation_id": trace,
        "policy_version": policy_version,
    }
    fresh = insert(inbound_event).values(row).on_conflict_do_nothing().returning(inbound_event.c.event_id)
    event_id = connection.execute(fresh).scalar_one_or_none()
    if event_id is not None:
        return InboundEvent(event_id, None)
    same = (inbound_event.c.source == request.source, inbound_event.c.id == request.id)
    known = connection.execute(select(inbound_event).where(*same)).one()
    if known.receipt is None:
        raise MemberErased(f"{request.source} sent {request.id!r} before, for a member who was erased since.")
    if known.fingerprint != row["fingerprint"]:
        raise EventReused(
            f"{request.source} sent another event as {request.id!r} before. Give each event an id of its own."
        )
    return InboundEvent(known.event_id, known.receipt)


def latest_contact(connection: Connection, member_id: str) -> tuple[datetime, Mapping[str, Any]] | None:
    """How another service last said that the member is written to, and when; None where none did."""
    mine = (inbound_event.c.member_id == member_id, inbound_event.c.contact.is_not(None))
    query = select(inbound_event.c.received_at, inbound_event.c.contact).where(*mine)
    row = connection.execute(query.order_by(inbound_event.c.received_at.desc()).limit(1)).one_or_none()
    return (row.received_at, row.contact) if row is not None else None


def keep_receipt(connection: Connection, event_id: UUID, receipt: Mapping[str, Any]) -> None:
    """Keep the event's receipt, in the transaction of its effects."""
    connection.execute(update(inbound_event).where(inbound_event.c.event_id == event_id).values(receipt=dict(receipt)))


def fingerprint(request: EventRequest) -> str:
    """A digest of an event: the same for amounts and times that are equal, however they are written."""
    order = request.order
    content = (
        request.type,
        request.member_id,
        request.occurred_at.timestamp(),
        (order.id, f"{order.amount.normalize():f}" if order.amount else None, order.currency) if order else None,
    )
    return hashlib.sha256(orjson.dumps(content)).hexdigest()
