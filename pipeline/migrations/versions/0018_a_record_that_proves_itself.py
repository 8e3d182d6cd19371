"""The record proves itself: the order of its rows, the seals that chain them, and what is counted before it is written."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant first: PostgreSQL then writes no row anew. The rows so far are sealed first, in the order of their ids.
    op.add_column("audit", sa.Column("xid", sa.BigInteger(), server_default="0", nullable=False))
    op.alter_column("audit", "xid", server_default=sa.text("(pg_current_xact_id()::text)::bigint"))
    op.create_index("ix_audit_order", "audit", ["xid", "id"])
    op.create_index("ix_audit_at", "audit", ["at"], postgresql_using="brin")
    op.create_index(
        "ix_audit_member",
        "audit",
        [sa.text("(detail ->> 'member')"), "id"],
        postgresql_where=sa.text("detail ? 'member'"),
    )
    op.create_index("ix_audit_policy", "audit", ["id"], postgresql_where=sa.text("event = 'policy.put_in_force'"))
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("floor_id", sa.BigInteger(), nullable=False),
        sa.Column("top_id", sa.BigInteger(), nullable=False),
        sa.Column("last_xid", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
    )
    op.create_table(
        "audit_tally",
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("minute", "event", "actor", "subject", name=op.f("pk_audit_tally")),
    )


def downgrade() -> None:
    op.drop_table("audit_tally")
    op.drop_table("audit_seal")
    for name in ("ix_audit_policy", "ix_audit_member", "ix_audit_at", "ix_audit_order"):
        op.drop_index(name, table_name="audit")
    op.drop_column("audit", "xid")
