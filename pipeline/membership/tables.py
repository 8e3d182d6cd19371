from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Numeric, Table, Text, Uuid, func, text

from pipeline.kernel.database import JSON, Instant, metadata

membership: Final = Table(
    "membership",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("level", Text, nullable=False),
    Column("benefits", JSON, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("updated_at", Instant, nullable=False, server_default=func.now()),
)

ground: Final = Table(
    "stage_ground",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause_id", Uuid, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("superseded_by", Uuid),
    Column("superseded_at", Instant),
    CheckConstraint("kind IN ('verification', 'spend', 'correction')", name="known_kind"),
    CheckConstraint("(superseded_by IS NULL) = (superseded_at IS NULL)", name="superseded_by_something"),
    Index("uq_stage_ground_cause", "cause_id", "stage", unique=True),
    Index("ix_stage_ground_member", "member_id", "stage"),
    Index(
        "uq_stage_ground_spend",
        "member_id",
        "stage",
        unique=True,
        postgresql_where=text("kind = 'spend' AND superseded_by IS NULL"),
    ),
)
"""Why a member has a stage. A ground stands until a correction, `superseded_by`, ends it."""

unlocked_stage: Final = Table(
    "unlocked_stage",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("cause_id", Uuid, nullable=False),
    Column("unlocked_at", Instant, nullable=False, server_default=func.now()),
)
"""The stages that a member has now: those with a ground that stands."""

level_change: Final = Table(
    "level_change",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("from_level", Text, nullable=False),
    Column("to_level", Text, nullable=False),
    Column("benefits", JSON, nullable=False),
    Column("because", Text, nullable=False, server_default="verification"),
    Column("cause_id", Uuid, nullable=False, unique=True),
    Column("policy_version", Text, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.now()),
    Index("uq_level_change_version", "member_id", "version", unique=True),
)

correction: Final = Table(
    "stage_correction",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("unlocked", Boolean, nullable=False),
    Column("because", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("supersedes", Uuid),
    Column("actor", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("because IN ('mistake', 'forgery', 'refund')", name="known_because"),
    Index("ix_stage_correction_member", "member_id", "id"),
)

spend_order: Final = Table(
    "spend_order",
    metadata,
    Column("source", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("counts", Numeric(20, 2), nullable=False, server_default="0"),
    Column("updated_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("counts >= 0", name="never_below_nothing"),
    Index("ix_spend_order_member", "member_id"),
)
"""What each order counts in the base currency, from all its events so far."""

spend_event: Final = Table(
    "spend_event",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("amount", Numeric(18, 4)),
    Column("currency", Text),
    Column("rate", Numeric(18, 9)),
    Column("spent_after", Numeric(24, 2), nullable=False),
    Index("ix_spend_event_order", "source", "order_id"),
    Index(
        "uq_spend_event_completed",
        "source",
        "order_id",
        unique=True,
        postgresql_where=text("type = 'order.completed'"),
    ),
)
"""The events of orders. `rate` is that of the event's own day, by the policy under which it was counted."""

spend_review: Final = Table(
    "spend_review",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    Column("needed", Numeric(18, 2), nullable=False),
    Column("cause_id", Uuid, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("opened_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("settled_at", Instant),
    Column("settled_by", Text),
    Column("reason", Text),
    CheckConstraint("state IN ('open', 'kept', 'taken_away', 'recovered')", name="known_state"),
    CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled_at_some_time"),
    Index("uq_spend_review_open", "member_id", "stage", unique=True, postgresql_where=text("state = 'open'")),
    Index("ix_spend_review_state", "state", "id"),
)
