"""Keys with a service, a prefix, an end and a successor; and whose each member, submission, event, endpoint and session is.

Keys that are there keep what they may do: `submit` saw what every service sent, which is now `submit:all`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MEMBERS = (
    "submission",
    "account_section",
    "confirmed_email",
    "subscription",
    "points_account",
    "membership",
    "stage_correction",
    "heard_event",
    "member_session",
)
"""Tables that a member comes to by what a service or an operator sends."""

_ADOPT = "INSERT INTO ownership (kind, name, service) SELECT DISTINCT '{kind}', {name}, 'earlier' FROM {table} ON CONFLICT DO NOTHING"


def upgrade() -> None:
    _keys()
    op.create_table(
        "ownership",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_ownership")),
    )
    for table in MEMBERS:
        op.execute(_ADOPT.format(kind="member", name="member_id", table=table))
    op.execute(_ADOPT.format(kind="source", name="source", table="heard_event"))
    op.add_column("submission", sa.Column("service", sa.Text(), server_default="earlier", nullable=False))
    op.create_index("ix_submission_service", "submission", ["service", "id"])
    op.add_column("event", sa.Column("service", sa.Text(), nullable=True))
    op.create_index("ix_event_service", "event", ["service", "sequence"])
    op.add_column("webhook_endpoint", sa.Column("service", sa.Text(), nullable=True))
    op.add_column("webhook_endpoint", sa.Column("members_prefix", sa.Text(), nullable=True))
    op.add_column("member_session", sa.Column("service", sa.Text(), server_default="earlier", nullable=False))
    op.alter_column("member_session", "service", server_default=None)
    op.add_column("member_session", sa.Column("key_id", sa.Uuid(), nullable=True))


def _keys() -> None:
    op.add_column("api_key", sa.Column("service", sa.Text(), nullable=True))
    op.execute("UPDATE api_key SET service = id::text, scopes = array_replace(scopes, 'submit', 'submit:all')")
    op.alter_column("api_key", "service", nullable=False)
    op.add_column("api_key", sa.Column("members_prefix", sa.Text(), nullable=True))
    op.add_column("api_key", sa.Column("follows", sa.Uuid(), nullable=True))
    op.add_column("api_key", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_key", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "uq_api_key_follows",
        "api_key",
        ["follows"],
        unique=True,
        postgresql_where=sa.text("follows IS NOT NULL AND revoked_at IS NULL"),
    )


def downgrade() -> None:
    for table, column in (("member_session", "key_id"), ("member_session", "service"), ("submission", "service")):
        op.drop_column(table, column)
    for table, column in (
        ("event", "service"),
        ("webhook_endpoint", "service"),
        ("webhook_endpoint", "members_prefix"),
    ):
        op.drop_column(table, column)
    op.drop_table("ownership")
    op.execute("UPDATE api_key SET scopes = array_replace(scopes, 'submit:all', 'submit')")
    op.drop_index("uq_api_key_follows", table_name="api_key")
    for column in ("last_used_at", "expires_at", "follows", "members_prefix", "service"):
        op.drop_column("api_key", column)
