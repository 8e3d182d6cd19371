"""A claim knows since when its case is on the screen, how many verdicts on it were refused as too quick, and the key of its draft."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claim", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "claim", sa.Column("draft_key", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)
    )
    op.add_column("claim", sa.Column("hasty", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    op.drop_column("claim", "hasty")
    op.drop_column("claim", "draft_key")
    op.drop_column("claim", "opened_at")
