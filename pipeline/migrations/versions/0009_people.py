"""Who may sign in to the console: passwords, sessions, invitations, failed tries, identities at a provider."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reviewer", sa.Column("theme", sa.Text(), server_default="auto", nullable=False))
    op.add_column("reviewer", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "password",
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("hashed", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_password_reviewer_id")),
        sa.PrimaryKeyConstraint("reviewer_id", name=op.f("pk_password")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_session_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_session_token_sha256")),
    )
    op.create_index("ix_session_open", "session", ["reviewer_id"], postgresql_where=sa.text("ended_at IS NULL"))
    op.create_index("ix_session_expires_at", "session", ["expires_at"])
    op.create_table(
        "invitation",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_invitation_reviewer_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_invitation")),
        sa.UniqueConstraint("reviewer_id", name=op.f("uq_invitation_reviewer_id")),
    )
    op.create_table(
        "sign_in_tries",
        sa.Column("whose", sa.Text(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("whose", name=op.f("pk_sign_in_tries")),
    )
    op.create_index("ix_sign_in_tries_last_at", "sign_in_tries", ["last_at"])
    _provider()


def _provider() -> None:
    op.create_table(
        "provider_identity",
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_provider_identity_reviewer_id")),
        sa.PrimaryKeyConstraint("reviewer_id", name=op.f("pk_provider_identity")),
    )
    op.create_index("uq_provider_identity_subject", "provider_identity", ["issuer", "subject"], unique=True)
    op.create_table(
        "provider_visit",
        sa.Column("state_sha256", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name=op.f("pk_provider_visit")),
    )
    op.create_index("ix_provider_visit_expires_at", "provider_visit", ["expires_at"])


def downgrade() -> None:
    for table in ("provider_visit", "provider_identity", "sign_in_tries", "invitation", "session", "password"):
        op.drop_table(table)
    for column in ("disabled_at", "theme"):
        op.drop_column("reviewer", column)
