"""Unlocking by spend: what other services told, what orders count, why members have their stages, and corrections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _what_was_told()
    _orders()
    _grounds()
    _corrections()
    _changes()
    op.drop_constraint(op.f("uq_unlocked_stage_cause_id"), "unlocked_stage")
    op.execute(
        "INSERT INTO stage_ground (id, member_id, stage, kind, cause_id, policy_version, at) "
        "SELECT gen_random_uuid(), u.member_id, u.stage, 'verification', u.cause_id, d.policy_version, u.unlocked_at "
        "FROM unlocked_stage u JOIN decision d ON d.id = u.cause_id"
    )


def _changes() -> None:
    op.add_column("level_change", sa.Column("because", sa.Text(), server_default="verification", nullable=False))
    op.add_column("level_change", sa.Column("version", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE level_change c SET version = numbered.version FROM "
        "(SELECT id, 1 + row_number() OVER (PARTITION BY member_id ORDER BY id) AS version FROM level_change) numbered "
        "WHERE numbered.id = c.id"
    )
    op.alter_column("level_change", "version", nullable=False)
    op.drop_index("ix_level_change_member", table_name="level_change")
    op.create_index("uq_level_change_version", "level_change", ["member_id", "version"], unique=True)


def _what_was_told() -> None:
    op.create_table(
        "heard_event",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("receipt", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("source", "id", name=op.f("pk_heard_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_heard_event_event_id")),
    )
    op.create_index("ix_heard_event_member", "heard_event", ["member_id", "received_at"])


def _orders() -> None:
    op.create_table(
        "spend_order",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("counts", sa.Numeric(20, 2), server_default="0", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("counts >= 0", name=op.f("ck_spend_order_never_below_nothing")),
        sa.PrimaryKeyConstraint("source", "order_id", name=op.f("pk_spend_order")),
    )
    op.create_index("ix_spend_order_member", "spend_order", ["member_id"])
    op.create_table(
        "spend_event",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(18, 4), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("rate", sa.Numeric(18, 9), nullable=True),
        sa.Column("spent_after", sa.Numeric(24, 2), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_spend_event")),
    )
    op.create_index("ix_spend_event_order", "spend_event", ["source", "order_id"])
    op.create_index(
        "uq_spend_event_completed",
        "spend_event",
        ["source", "order_id"],
        unique=True,
        postgresql_where=sa.text("type = 'order.completed'"),
    )
    op.create_table(
        "spend_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("needed", sa.Numeric(18, 2), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'kept', 'taken_away', 'recovered')", name=op.f("ck_spend_review_known_state")
        ),
        sa.CheckConstraint(
            "(state = 'open') = (settled_at IS NULL)", name=op.f("ck_spend_review_settled_at_some_time")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spend_review")),
    )
    op.create_index("ix_spend_review_state", "spend_review", ["state", "id"])
    op.create_index(
        "uq_spend_review_open",
        "spend_review",
        ["member_id", "stage"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )


def _grounds() -> None:
    op.create_table(
        "stage_ground",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('verification', 'spend', 'correction')", name=op.f("ck_stage_ground_known_kind")),
        sa.CheckConstraint(
            "(superseded_by IS NULL) = (superseded_at IS NULL)", name=op.f("ck_stage_ground_superseded_by_something")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_ground")),
    )
    op.create_index("ix_stage_ground_member", "stage_ground", ["member_id", "stage"])
    op.create_index("uq_stage_ground_cause", "stage_ground", ["cause_id", "stage"], unique=True)
    op.create_index(
        "uq_stage_ground_spend",
        "stage_ground",
        ["member_id", "stage"],
        unique=True,
        postgresql_where=sa.text("kind = 'spend' AND superseded_by IS NULL"),
    )


def _corrections() -> None:
    op.create_table(
        "stage_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("unlocked", sa.Boolean(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("supersedes", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "because IN ('mistake', 'forgery', 'refund')", name=op.f("ck_stage_correction_known_because")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_correction")),
    )
    op.create_index("ix_stage_correction_member", "stage_correction", ["member_id", "id"])


def downgrade() -> None:
    op.drop_index("uq_level_change_version", table_name="level_change")
    op.create_index("ix_level_change_member", "level_change", ["member_id", "id"])
    op.drop_column("level_change", "version")
    op.drop_column("level_change", "because")
    op.execute(
        "DELETE FROM unlocked_stage u WHERE EXISTS (SELECT 1 FROM unlocked_stage o "
        "WHERE o.cause_id = u.cause_id AND (o.member_id, o.stage) < (u.member_id, u.stage))"
    )
    op.create_unique_constraint(op.f("uq_unlocked_stage_cause_id"), "unlocked_stage", ["cause_id"])
    for table in ("stage_correction", "stage_ground", "spend_review", "spend_event", "spend_order", "heard_event"):
        op.drop_table(table)
