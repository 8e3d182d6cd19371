"""The clock on which a reviewer reads times."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reviewer", sa.Column("timezone", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("reviewer", "timezone")
