"""The account: personal and business information, privacy, points, subscriptions; mails without a submission."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BEFORE = "state IN ('pending', 'sending', 'sent', 'unknown', 'withdrawn')"
AFTER = "state IN ('pending', 'sending', 'sent', 'unknown', 'withdrawn', 'suppressed')"


def upgrade() -> None:
    op.create_table(
        "account_section",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "section", name=op.f("pk_account_section")),
    )
    op.create_table(
        "confirmed_email",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_confirmed_email")),
    )
    op.create_table(
        "email_code",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("hashed", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day_began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_email_code")),
    )
    op.create_table(
        "subscription",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("subscribed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "category", name=op.f("pk_subscription")),
    )
    op.create_table(
        "signing_key",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "points_account",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("balance", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("entries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_points_account")),
    )
    op.create_table(
        "points_entry",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("balance_after", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("corrects", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "type IN ('earning', 'redemption', 'correction', 'penalty')", name=op.f("ck_points_entry_known_type")
        ),
        sa.CheckConstraint(
            "type <> 'redemption' OR balance_after >= 0", name=op.f("ck_points_entry_redeemed_from_what_there_is")
        ),
        sa.CheckConstraint("(source IS NULL) = (source_id IS NULL)", name=op.f("ck_points_entry_whole_source")),
        sa.PrimaryKeyConstraint("member_id", "number", name=op.f("pk_points_entry")),
        sa.UniqueConstraint("id", name=op.f("uq_points_entry_id")),
    )
    op.create_index("uq_points_entry_source", "points_entry", ["source", "source_id"], unique=True)
    op.create_table(
        "suppressed_address",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("suppressed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("reason IN ('bounce', 'complaint')", name=op.f("ck_suppressed_address_known_reason")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_suppressed_address")),
    )
    op.alter_column("mail", "submission_id", nullable=True)
    op.add_column(
        "mail", sa.Column("headers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True)
    )
    op.add_column("mail", sa.Column("secret", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_constraint(op.f("ck_mail_known_state"), "mail")
    op.create_check_constraint(op.f("ck_mail_known_state"), "mail", AFTER)


def downgrade() -> None:
    op.execute("DELETE FROM mail WHERE submission_id IS NULL")
    op.execute("UPDATE mail SET state = 'withdrawn' WHERE state = 'suppressed'")
    op.drop_constraint(op.f("ck_mail_known_state"), "mail")
    op.create_check_constraint(op.f("ck_mail_known_state"), "mail", BEFORE)
    op.drop_column("mail", "secret")
    op.drop_column("mail", "headers")
    op.alter_column("mail", "submission_id", nullable=False)
    op.drop_table("suppressed_address")
    op.drop_index("uq_points_entry_source", table_name="points_entry")
    op.drop_table("points_entry")
    op.drop_table("points_account")
    op.drop_table("signing_key")
    op.drop_table("subscription")
    op.drop_table("email_code")
    op.drop_table("confirmed_email")
    op.drop_table("account_section")
