"""A code holds until a newer one was sent, and the texts of policies are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _business_codes()
    _account_codes()
    op.create_table(
        "policy_text",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("kept_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_text")),
    )


def downgrade() -> None:
    op.drop_table("policy_text")
    op.drop_constraint(op.f("ck_email_code_whole_earlier_code"), "email_code", type_="check")
    for name in ("mail_id", "earlier_hashed", "earlier_expires_at", "earlier_tries"):
        op.drop_column("email_code", name)
    op.drop_constraint(op.f("ck_business_email_hash_once_sent"), "business_email", type_="check")
    op.execute(
        "UPDATE business_email SET code_hash = next_hash, code_sent_at = NULL, code_expires_at = NULL WHERE codes > code_number"
    )
    for name in ("code_number", "next_hash", "guesses"):
        op.drop_column("business_email", name)


def _business_codes() -> None:
    op.add_column("business_email", sa.Column("code_number", sa.Integer(), server_default="0", nullable=False))
    op.add_column("business_email", sa.Column("next_hash", sa.Text(), nullable=True))
    op.add_column("business_email", sa.Column("guesses", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE business_email SET code_number = codes WHERE code_sent_at IS NOT NULL")
    op.execute("UPDATE business_email SET next_hash = code_hash, code_hash = NULL WHERE code_sent_at IS NULL")
    op.create_check_constraint(
        op.f("ck_business_email_hash_once_sent"), "business_email", "(code_number = 0) = (code_hash IS NULL)"
    )


def _account_codes() -> None:
    op.add_column("email_code", sa.Column("mail_id", sa.Uuid(), nullable=True))
    op.add_column("email_code", sa.Column("earlier_hashed", sa.Text(), nullable=True))
    op.add_column("email_code", sa.Column("earlier_expires_at", INSTANT, nullable=True))
    op.add_column("email_code", sa.Column("earlier_tries", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(
        op.f("ck_email_code_whole_earlier_code"),
        "email_code",
        "(earlier_hashed IS NULL) = (earlier_expires_at IS NULL)",
    )
