"""Verification by tax number and by business e-mail: their evidence, and decisions that a rule makes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("material", "upload_key", nullable=True)
    op.alter_column("decision", "claim_id", nullable=True)
    op.alter_column("decision", "reviewer_id", nullable=True)
    op.add_column("decision", sa.Column("rule", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_decision_claimed_by_reviewer"), "decision", "(claim_id IS NULL) = (reviewer_id IS NULL)"
    )
    op.create_check_constraint(
        op.f("ck_decision_by_person_or_rule"), "decision", "(rule IS NULL) = (claim_id IS NOT NULL)"
    )
    op.create_table(
        "tax_number",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("register", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_tax_number_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_tax_number")),
    )
    op.create_index(
        "ix_tax_number_number",
        "tax_number",
        ["country", "number"],
        unique=False,
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.create_table(
        "business_email",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("site_matches", sa.Text(), nullable=True),
        sa.Column("code_hash", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("codes", sa.Integer(), server_default="1", nullable=False),
        sa.Column("code_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("codes_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("codes_today", sa.Integer(), server_default="1", nullable=False),
        sa.Column("code_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(code_sent_at IS NULL) = (code_expires_at IS NULL)", name=op.f("ck_business_email_expires_once_sent")
        ),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_business_email_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_business_email")),
    )


def downgrade() -> None:
    op.drop_table("business_email")
    op.drop_index("ix_tax_number_number", table_name="tax_number", postgresql_where=sa.text("number IS NOT NULL"))
    op.drop_table("tax_number")
    op.drop_constraint(op.f("ck_decision_by_person_or_rule"), "decision")
    op.drop_constraint(op.f("ck_decision_claimed_by_reviewer"), "decision")
    op.drop_column("decision", "rule")
    op.alter_column("decision", "reviewer_id", nullable=False)
    op.alter_column("decision", "claim_id", nullable=False)
    op.alter_column("material", "upload_key", nullable=False)
