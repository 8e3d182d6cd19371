"""One task at a time sends to an endpoint: when each delivery is due, and which task sends, rests or has begun anew."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

STATE = "ck_webhook_endpoint_known_state"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("webhook_delivery", sa.Column("due_at", INSTANT, server_default=sa.func.now(), nullable=False))
    op.add_column("webhook_delivery", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE webhook_delivery SET due_at = event.at FROM event"
        " WHERE event.id = event_id AND event.at > now() AND state = 'pending'"
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["endpoint_id", "due_at", "sequence"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.add_column("webhook_endpoint", sa.Column("sender_id", sa.Uuid(), nullable=True))
    op.add_column("webhook_endpoint", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    op.add_column("webhook_endpoint", sa.Column("rests_until", INSTANT, nullable=True))
    op.add_column("webhook_endpoint", sa.Column("resumed_at", INSTANT, nullable=True))
    op.drop_constraint(op.f(STATE), "webhook_endpoint", type_="check")
    op.create_check_constraint(op.f(STATE), "webhook_endpoint", "state IN ('active', 'paused', 'removed')")


def downgrade() -> None:
    op.execute("DELETE FROM webhook_endpoint WHERE state = 'removed'")
    op.drop_constraint(op.f(STATE), "webhook_endpoint", type_="check")
    op.create_check_constraint(op.f(STATE), "webhook_endpoint", "state IN ('active', 'paused')")
    for name in ("resumed_at", "rests_until", "failures", "sender_id"):
        op.drop_column("webhook_endpoint", name)
    op.drop_index("ix_webhook_delivery_due", table_name="webhook_delivery")
    for name in ("tries", "due_at"):
        op.drop_column("webhook_delivery", name)
