"""Signs of life: each worker process beats in a row of its own, and a task says which process holds it.

Nothing asks any more when an event was written; the column stays for processes of the version before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "worker_process",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("beats", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker_process")),
        postgresql_with={"fillfactor": "50"},  # its rows change each second, and stay on their page
    )
    op.drop_index("ix_event_written_at", table_name="event")
    op.add_column("task", sa.Column("process_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("task", "process_id")
    op.create_index("ix_event_written_at", "event", ["written_at"])
    op.drop_table("worker_process")
