"""When somebody has to look whether a promise is kept, and when an event was written."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("submission", sa.Column("watch_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("submission", sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE submission SET watch_at = due_at WHERE state IN ('received', 'in_review', 'awaiting_code')")
    op.create_index(
        "ix_submission_watch",
        "submission",
        ["watch_at", "id"],
        unique=False,
        postgresql_where=sa.text("watch_at IS NOT NULL"),
    )
    op.drop_column("event", "transaction")
    op.add_column(
        "event",
        sa.Column(
            "written_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
    )
    op.create_index("ix_event_written_at", "event", ["written_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_event_written_at", table_name="event")
    op.drop_column("event", "written_at")
    op.add_column(
        "event",
        sa.Column(
            "transaction", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False
        ),
    )
    op.drop_index("ix_submission_watch", table_name="submission")
    op.drop_column("submission", "warned_at")
    op.drop_column("submission", "watch_at")
