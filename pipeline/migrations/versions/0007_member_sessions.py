"""Members' sessions: one-time links from upstream, and what they open."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("member", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("link_sha256", sa.Text(), nullable=False),
        sa.Column("link_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret_sha256", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(opened_at IS NULL) = (secret_sha256 IS NULL)", name=op.f("ck_member_session_opened_with_secret")
        ),
        sa.CheckConstraint(
            "(opened_at IS NULL) = (expires_at IS NULL)", name=op.f("ck_member_session_opened_with_end")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_session")),
    )


def downgrade() -> None:
    op.drop_table("member_session")
