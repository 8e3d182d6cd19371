"""When somebody has to look whether a submission's promise is kept, and whether its member was told that it takes longer."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
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


def downgrade() -> None:
    op.drop_index("ix_submission_watch", table_name="submission")
    op.drop_column("submission", "warned_at")
    op.drop_column("submission", "watch_at")
