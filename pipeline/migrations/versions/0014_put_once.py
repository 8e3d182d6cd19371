"""Slots are used once and end, an original lies where no upload link leads, and secrets that were kept in clear are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("upload_slot", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("upload_slot", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_upload_slot_waiting", "upload_slot", ["owner"], postgresql_where=sa.text("used_at IS NULL"))
    op.add_column("material", sa.Column("given_key", sa.Text(), nullable=True))
    op.create_index(
        "ix_material_upload_key", "material", ["upload_key"], postgresql_where=sa.text("upload_key IS NOT NULL")
    )
    op.create_index(
        "ix_material_given_key", "material", ["given_key"], postgresql_where=sa.text("given_key IS NOT NULL")
    )
    # Whose file was accepted before has its slot used: it does not count as waiting.
    op.execute(
        "UPDATE upload_slot SET used_at = now() WHERE EXISTS (SELECT FROM material WHERE material.upload_key = upload_slot.key)"
    )
    op.create_index("ix_mail_secret", "mail", ["cause_id"], postgresql_where=sa.text("secret AND text <> ''"))
    op.execute("DELETE FROM signing_key")  # kept in clear; a sealed one is made at first use
    op.execute("DELETE FROM provider_visit")  # of the last ten minutes: who was signing in does so once more
    op.execute("UPDATE idempotency SET answer = answer - 'url' - 'headers' WHERE operation = 'uploads.create'")


def downgrade() -> None:
    op.drop_index("ix_material_given_key", "material")
    op.drop_index("ix_mail_secret", "mail")
    op.drop_index("ix_material_upload_key", "material")
    op.drop_column("material", "given_key")
    op.drop_index("ix_upload_slot_waiting", "upload_slot")
    op.drop_column("upload_slot", "ended_at")
    op.drop_column("upload_slot", "used_at")
