"""Blind second looks at decided cases, and golden cases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "golden",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("marked_by", sa.Text(), nullable=False),
        sa.Column("marked_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.CheckConstraint("verdict IN ('approve', 'reject')", name=op.f("ck_golden_known_verdict")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_golden_decision_id")),
        sa.ForeignKeyConstraint(["marked_by"], ["reviewer.id"], name=op.f("fk_golden_marked_by")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_golden_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden")),
    )
    op.create_index(
        "uq_golden_submission", "golden", ["submission_id"], unique=True, postgresql_where=sa.text("retired_at IS NULL")
    )
    _checks()
    _answers()
    _claims()
    op.create_index("ix_decision_decided_at", "decision", ["decided_at"], unique=False)


def _checks() -> None:
    op.create_table(
        "quality_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("golden_id", sa.Uuid(), nullable=True),
        sa.Column("reviewer_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("opens_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("target_at", INSTANT, nullable=True),
        sa.Column("due_rule", JSON, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("ruling", sa.Text(), nullable=True),
        sa.Column("ruled_by", sa.Text(), nullable=True),
        sa.Column("ruled_at", INSTANT, nullable=True),
        sa.Column("ruling_note", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('sample', 'golden')", name=op.f("ck_quality_check_known_kind")),
        sa.CheckConstraint(
            "(kind = 'golden') = (golden_id IS NOT NULL)", name=op.f("ck_quality_check_golden_names_its_case")
        ),
        sa.CheckConstraint("ruling IN ('first', 'second')", name=op.f("ck_quality_check_known_ruling")),
        sa.CheckConstraint("(ruling IS NULL) = (ruled_by IS NULL)", name=op.f("ck_quality_check_ruled_by_somebody")),
        sa.CheckConstraint("(ruling IS NULL) = (ruled_at IS NULL)", name=op.f("ck_quality_check_ruled_at_some_time")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_quality_check_decision_id")),
        sa.ForeignKeyConstraint(["golden_id"], ["golden.id"], name=op.f("fk_quality_check_golden_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_quality_check_reviewer_id")),
        sa.ForeignKeyConstraint(["ruled_by"], ["reviewer.id"], name=op.f("fk_quality_check_ruled_by")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_quality_check_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_check")),
    )
    waiting = sa.text("kind = 'sample' AND answered_at IS NULL")
    is_open = sa.text("kind = 'sample' AND ruling IS NULL")
    op.create_index(
        "uq_quality_check_sample",
        "quality_check",
        ["decision_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'sample'"),
    )
    op.create_index("uq_quality_check_golden", "quality_check", ["golden_id", "reviewer_id"], unique=True)
    op.create_index(
        "ix_quality_check_waiting", "quality_check", ["opens_at", "id"], unique=False, postgresql_where=waiting
    )
    op.create_index("ix_quality_check_open", "quality_check", ["answered_at"], unique=False, postgresql_where=is_open)


def _answers() -> None:
    op.create_table(
        "check_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("checklist", JSON, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("decided_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("effects_at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["check_id"], ["quality_check.id"], name=op.f("fk_check_answer_check_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_check_answer_claim_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_check_answer_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_answer")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_check_answer_claim_id")),
    )
    op.create_index(
        "uq_check_answer_standing",
        "check_answer",
        ["check_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )


def _claims() -> None:
    """A claim may be a blind one, which takes nothing from the claims on cases in review."""
    op.add_column("claim", sa.Column("check_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_claim_check_id"), "claim", "quality_check", ["check_id"], ["id"])
    op.drop_index("uq_claim_live", "claim")
    op.create_index(
        "uq_claim_live",
        "claim",
        ["submission_id"],
        unique=True,
        postgresql_where=sa.text("state = 'live' AND check_id IS NULL"),
    )
    op.create_index(
        "uq_claim_live_check", "claim", ["check_id"], unique=True, postgresql_where=sa.text("state = 'live'")
    )
    op.create_index(
        "ix_claim_check_id", "claim", ["check_id"], unique=False, postgresql_where=sa.text("check_id IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_decision_decided_at", "decision")
    op.drop_index("ix_claim_check_id", "claim")
    op.drop_index("uq_claim_live_check", "claim")
    op.drop_index("uq_claim_live", "claim")
    op.execute("DELETE FROM check_answer")
    op.execute("DELETE FROM claim WHERE check_id IS NOT NULL")
    op.drop_column("claim", "check_id")
    op.create_index(
        "uq_claim_live", "claim", ["submission_id"], unique=True, postgresql_where=sa.text("state = 'live'")
    )
    op.drop_table("check_answer")
    op.drop_table("quality_check")
    op.drop_table("golden")
