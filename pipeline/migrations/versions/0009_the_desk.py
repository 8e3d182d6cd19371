"""What a reviewer is called, may do and reads."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reviewer", sa.Column("name", sa.Text(), nullable=True))
    op.add_column(
        "reviewer", sa.Column("roles", postgresql.ARRAY(sa.Text()), server_default="{reviewer}", nullable=False)
    )
    op.add_column("reviewer", sa.Column("languages", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))


def downgrade() -> None:
    for column in ("languages", "roles", "name"):
        op.drop_column("reviewer", column)
