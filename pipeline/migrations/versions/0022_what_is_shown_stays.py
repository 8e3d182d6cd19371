"""Deletions of objects are noted before they happen, the sweep of the store keeps its place, and pages have room for rows that change."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("now()")

ROOM: Final = {
    "task": 70,
    "submission": 80,
    "material": 80,
    "claim": 80,
    "mail": 80,
    "webhook_delivery": 80,
    "business_email": 80,
    "membership": 80,
    "sealed_original": 80,
    "upload_slot": 80,
}
"""How full a page is made, in percent, in tables whose rows change soon after they were written. The rest is for their new versions."""

BUSY: Final = ("task", "claim", "webhook_delivery", "upload_slot", "idempotency", "object_deletion", "schedule_run")
"""Tables of which most rows are dead soon: cleaned once one in fifty is, and not one in five."""

CLEANED: Final = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02"


def upgrade() -> None:
    op.create_table(
        "object_deletion",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("begun_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("bucket IN ('uploads', 'vault', 'public')", name=op.f("ck_object_deletion_known_bucket")),
        sa.PrimaryKeyConstraint("bucket", "key", name=op.f("pk_object_deletion")),
    )
    op.create_index("ix_object_deletion_begun_at", "object_deletion", ["begun_at"])
    op.create_table(
        "sweep_mark",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("moved_at", INSTANT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sweep_mark")),
    )
    op.create_index(op.f("ix_avatar_large_key"), "avatar", ["large_key"])
    op.create_index(op.f("ix_avatar_small_key"), "avatar", ["small_key"])
    op.create_index("ix_erased_object_key", "erased_object", ["key"], postgresql_where=sa.text("deleted_at IS NULL"))
    _indexes_for_counts()
    for table, percent in ROOM.items():
        op.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")
    for table in BUSY:
        op.execute(f"ALTER TABLE {table} SET ({CLEANED})")


def _indexes_for_counts() -> None:
    """Those of leases lose `lease_until`, so that renewing one touches no index."""
    ready = "state = 'ready'"
    op.create_index("ix_task_kind_due", "task", ["kind", "due_at"], postgresql_where=sa.text(ready))
    op.create_index(
        "ix_task_stalled",
        "task",
        [sa.text("split_part(last_error, ':', 1)")],
        postgresql_where=sa.text(f"{ready} AND waits > 0"),
    )
    for table, state in (("task", "running"), ("claim", "live")):
        op.drop_index(f"ix_{table}_lease", table_name=table)
        op.create_index(f"ix_{table}_lease", table, ["id"], postgresql_where=sa.text(f"state = '{state}'"))


def downgrade() -> None:
    for table in {*ROOM, *BUSY} - {"object_deletion"}:
        names = "fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor"
        op.execute(f"ALTER TABLE {table} RESET ({names})")
    for table, state in (("task", "running"), ("claim", "live")):
        op.drop_index(f"ix_{table}_lease", table_name=table)
        op.create_index(f"ix_{table}_lease", table, ["lease_until"], postgresql_where=sa.text(f"state = '{state}'"))
    op.drop_index("ix_task_stalled", table_name="task")
    op.drop_index("ix_task_kind_due", table_name="task")
    op.drop_index("ix_erased_object_key", table_name="erased_object")
    op.drop_index(op.f("ix_avatar_small_key"), table_name="avatar")
    op.drop_index(op.f("ix_avatar_large_key"), table_name="avatar")
    op.drop_table("sweep_mark")
    op.drop_table("object_deletion")
