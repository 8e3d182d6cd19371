"""The desk: what a reviewer is called, may do and reads; queues; opinions, escalations and offers; asking for a better file."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
IN_REVIEW = sa.text("state = 'in_review'")
CLAIMS_BEFORE = "state IN ('live', 'decided', 'released', 'expired')"
CLAIMS_NOW = "state IN ('live', 'decided', 'released', 'expired', 'escalated', 'handed_over')"
VERDICTS_BEFORE = "verdict IN ('approve', 'reject')"
VERDICTS_NOW = "verdict IN ('approve', 'reject', 'better_file')"


def upgrade() -> None:
    _people()
    _queues()
    _claims()
    _opinions()
    _escalations()
    op.drop_constraint("ck_decision_known_verdict", "decision")
    op.create_check_constraint("known_verdict", "decision", VERDICTS_NOW)


def _people() -> None:
    op.add_column("reviewer", sa.Column("name", sa.Text(), nullable=True))
    op.add_column(
        "reviewer", sa.Column("roles", postgresql.ARRAY(sa.Text()), server_default="{reviewer}", nullable=False)
    )
    op.add_column("reviewer", sa.Column("languages", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))


def _queues() -> None:
    op.add_column("submission", sa.Column("queue", sa.Text(), nullable=True))
    op.execute("UPDATE submission SET queue = kind")
    op.alter_column("submission", "queue", nullable=False)
    op.create_check_constraint("known_queue", "submission", "queue IN ('avatar', 'verification', 'second', 'senior')")
    language = "coalesce(lower(substring(member ->> 'locale' from '^[A-Za-z]+')), 'en')"
    op.add_column("submission", sa.Column("language", sa.Text(), sa.Computed(language, persisted=True), nullable=False))
    for name, columns in (
        ("ix_submission_queue", ["queue", "due_at", "id"]),
        ("ix_submission_lane", ["queue", "language", "due_at", "id"]),
        ("ix_submission_oldest", ["queue", "accepted_at"]),
    ):
        op.create_index(name, "submission", columns, unique=False, postgresql_where=IN_REVIEW)


def _claims() -> None:
    op.add_column("claim", sa.Column("offered_by", sa.Text(), nullable=True))
    op.add_column("claim", sa.Column("offer_note", sa.Text(), nullable=True))
    op.add_column("claim", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key("fk_claim_offered_by", "claim", "reviewer", ["offered_by"], ["id"])
    op.create_check_constraint("accepted_what_was_offered", "claim", "accepted_at IS NULL OR offered_by IS NOT NULL")
    op.drop_constraint("ck_claim_known_state", "claim")
    op.create_check_constraint("known_state", "claim", CLAIMS_NOW)


def _opinions() -> None:
    op.create_table(
        "opinion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("checklist", JSON, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("from_queue", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("verdict IN ('approve', 'reject')", name=op.f("ck_opinion_known_verdict")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_opinion_claim_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_opinion_reviewer_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_opinion_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_opinion_claim_id")),
    )
    op.create_index(
        "uq_opinion_standing",
        "opinion",
        ["submission_id", "reviewer_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )


def _escalations() -> None:
    op.create_table(
        "escalation",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_escalation_claim_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_escalation_reviewer_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_escalation_submission_id")),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_escalation")),
    )
    op.create_index("ix_escalation_submission_id", "escalation", ["submission_id"], unique=False)


def downgrade() -> None:
    op.drop_table("escalation")
    op.drop_table("opinion")
    op.drop_constraint("ck_decision_known_verdict", "decision")
    op.create_check_constraint("known_verdict", "decision", VERDICTS_BEFORE)
    op.drop_constraint("ck_claim_known_state", "claim")
    op.create_check_constraint("known_state", "claim", CLAIMS_BEFORE)
    op.drop_constraint("ck_claim_accepted_what_was_offered", "claim")
    for column in ("accepted_at", "offer_note", "offered_by"):
        op.drop_column("claim", column)
    for column in ("language", "queue"):
        op.drop_column("submission", column)
    for column in ("languages", "roles", "name"):
        op.drop_column("reviewer", column)
