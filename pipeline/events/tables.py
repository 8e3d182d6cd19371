from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from pipeline.kernel.database import JSON, Instant, metadata
from pipeline.kernel.encryption import SEALED

event: Final = Table(
    "event",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("sequence", BigInteger, Identity(), nullable=False, unique=True),
    Column("written_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("type", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("service", Text),
    Column("data", JSON, nullable=False),
    Column("cause_id", Uuid),
    Column("at", Instant, nullable=False, server_default=func.now()),
    Index("ix_event_member", "member_id", "sequence"),
    Index("ix_event_service", "service", "sequence"),
    Index("ix_event_at", "at"),
    Index("ix_event_cause_id", "cause_id", postgresql_where=text("cause_id IS NOT NULL")),
)

FEED_LOCK: Final = 0x2E5D << 48
"""Whoever takes a number for an event first locks this plus the last number that was taken, shared, until the transaction ends. So all that
is under way can be seen in `pg_locks`, by every role."""

LAST_NUMBER: Final = func.coalesce(func.pg_sequence_last_value("event_sequence_seq"), 0)
"""The last number that anybody took, also in a transaction that has not ended."""

endpoint: Final = Table(
    "webhook_endpoint",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("url", Text, nullable=False),
    Column("service", Text),
    Column("members_prefix", Text),
    Column("types", ARRAY(Text), nullable=False, server_default="{}"),
    Column("secrets", JSON, nullable=False, info=SEALED),
    Column("state", Text, nullable=False, server_default="active"),
    Column("paused_because", Text),
    Column("failing_since", Instant),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("rests_until", Instant),
    Column("resumed_at", Instant),
    Column("sender_id", Uuid),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("state IN ('active', 'paused', 'removed')", name="known_state"),
)
"""It gets the events of its service and prefix; null means of any. `sender_id` is the task that sends to it, or did last; `failures`
counts what it did not take since it last took something. A removed one goes once its deliveries are deleted."""

delivery: Final = Table(
    "webhook_delivery",
    metadata,
    Column("event_id", Uuid, ForeignKey("event.id", ondelete="CASCADE"), primary_key=True),
    Column("endpoint_id", Uuid, ForeignKey("webhook_endpoint.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("round", Integer, nullable=False, server_default="1"),
    Column("begun_at", Instant, nullable=False, server_default=func.now()),
    Column("due_at", Instant, nullable=False, server_default=func.now()),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("delivered_at", Instant),
    CheckConstraint("state IN ('pending', 'delivered', 'given_up')", name="known_state"),
    Index(
        "ix_webhook_delivery_pending",
        "endpoint_id",
        "member_id",
        "sequence",
        postgresql_where=text("state = 'pending'"),
    ),
    Index("ix_webhook_delivery_due", "endpoint_id", "due_at", "sequence", postgresql_where=text("state = 'pending'")),
)
"""An event for an endpoint: due from `due_at`, never before the event's own time, and given up when it has not been taken since
`begun_at` for too long. `round` grows each time that it is to be sent again."""
