"""Events of other services, each counted once by (source, id) for ever: told again, it gets the first receipt."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Column, Connection, Index, Table, Text, Uuid, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import JSON, Instant, metadata
from pipeline.kernel.errors import IdempotencyKeyReused
from pipeline.kernel.ids import new_id
from schemas.incoming import EventRequest

heard_event: Final = Table(
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
    Column("told_by", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("received_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Index("ix_heard_event_member", "member_id", "received_at"),
)


class EventReused(IdempotencyKeyReused):
    """The source told another event under this id before."""

    code = "event_reused"


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of an event: our id, and its receipt where it was counted before."""

    event_id: UUID
    receipt: Mapping[str, Any] | None


def take_in(connection: Connection, told: EventRequest, *, by: str, trace: str, policy_version: str) -> Heard:
    """Take an event in, once. Where it is new, `keep_receipt` must follow in the same transaction.

    Two at once: the second waits here until the first has committed. Raises EventReused.
    """
    row = {
        "source": told.source,
        "id": told.id,
        "event_id": new_id(),
        "type": told.type,
        "member_id": told.member_id,
        "occurred_at": told.occurred_at,
        "fingerprint": fingerprint(told),
        "told_by": by,
        "correlation_id": trace,
        "policy_version": policy_version,
    }
    fresh = insert(heard_event).values(row).on_conflict_do_nothing().returning(heard_event.c.event_id)
    event_id = connection.execute(fresh).scalar_one_or_none()
    if event_id is not None:
        return Heard(event_id, None)
    mine = (heard_event.c.source == told.source, heard_event.c.id == told.id)
    known = connection.execute(select(heard_event).where(*mine)).one()
    if known.fingerprint != row["fingerprint"]:
        raise EventReused(f"{told.source} told another event as {told.id!r} before. Give each event an id of its own.")
    return Heard(known.event_id, known.receipt)


def keep_receipt(connection: Connection, event_id: UUID, receipt: Mapping[str, Any]) -> None:
    """Keep what the event came to, in the transaction of its effects."""
    connection.execute(update(heard_event).where(heard_event.c.event_id == event_id).values(receipt=dict(receipt)))


def fingerprint(told: EventRequest) -> str:
    """A digest of what was told: the same for amounts and times that are equal, however they are written."""
    order = told.order
    said = (
        told.type,
        told.member_id,
        told.occurred_at.timestamp(),
        (order.id, f"{order.amount.normalize():f}" if order.amount else None, order.currency) if order else None,
    )
    return hashlib.sha256(orjson.dumps(said)).hexdigest()
