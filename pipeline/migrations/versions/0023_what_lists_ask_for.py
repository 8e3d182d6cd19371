"""Submissions are listed by the member's address and by due time, and events may say how a member is reached."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_submission_email", "submission", [sa.text("(lower(member ->> 'email'))"), "id"])
    op.add_column("heard_event", sa.Column("contact", postgresql.JSONB(none_as_null=True), nullable=True))
    op.create_index("ix_submission_due", "submission", ["due_at", "id"])


def downgrade() -> None:
    op.drop_column("heard_event", "contact")
    op.drop_index("ix_submission_due", table_name="submission")
    op.drop_index("ix_submission_email", table_name="submission")
