"""Erasure, legal holds and sealed originals; the history names members by digests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def digest(of: str) -> str:
    """`member_digest` of an SQL expression, as `pipeline/kernel/rules/digests.py` makes it."""
    return f"substr(encode(sha256(convert_to('proofdesk:member:' || {of}, 'UTF8')), 'hex'), 1, 32)"


def upgrade() -> None:
    op.add_column("submission", sa.Column("erased_at", INSTANT, nullable=True))
    op.add_column("mail", sa.Column("member_id", sa.Text(), nullable=True))
    _name_recipients()
    op.create_index("ix_mail_member_id", "mail", ["member_id"])
    _erasures()
    _holds()
    _sealed()
    _no_ids_in_history()


def downgrade() -> None:
    """Digests stay: nobody gets an id back from one."""
    for table in ("sealed_original", "member_hold", "held_row", "erased_object", "erasure"):
        op.drop_table(table)
    op.drop_index("ix_mail_member_id", table_name="mail")
    op.drop_column("mail", "member_id")
    op.drop_column("submission", "erased_at")


def _name_recipients() -> None:
    """Whom each mail is to: by its submission, by its cause, else by its address."""
    op.execute("UPDATE mail SET member_id = s.member_id FROM submission s WHERE s.id = mail.submission_id")
    for table in ("points_entry", "level_change", "stage_correction", "spend_review"):
        op.execute(
            f"UPDATE mail SET member_id = t.member_id FROM {table} t WHERE mail.member_id IS NULL AND t.id = mail.cause_id"  # noqa: S608  (names of our tables)
        )
    op.execute(
        "UPDATE mail SET member_id = a.member_id FROM account_section a WHERE mail.member_id IS NULL"
        " AND a.section = 'personal_information' AND lower(a.content ->> 'email') = lower(mail.recipient)"
    )


def _erasures() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_digest", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("deadline_at", INSTANT, nullable=False),
        sa.Column("quiet_at", INSTANT, nullable=False),
        sa.Column("counts", JSON, server_default="{}", nullable=False),
        sa.Column("steps", JSON, server_default="{}", nullable=False),
        sa.Column("receipt", JSON, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(
        "uq_erasure_open", "erasure", ["member_digest"], unique=True, postgresql_where=sa.text("finished_at IS NULL")
    )
    op.create_index("ix_erasure_member_digest", "erasure", ["member_digest", "asked_at"])
    op.create_table(
        "erased_object",
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["erasure_id"], ["erasure.id"], name=op.f("fk_erased_object_erasure_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("erasure_id", "bucket", "key", name=op.f("pk_erased_object")),
    )
    op.create_index(
        "ix_erased_object_left", "erased_object", ["erasure_id"], postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.create_table(
        "held_row",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["erasure_id"], ["erasure.id"], name=op.f("fk_held_row_erasure_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_row")),
    )
    op.create_index("ix_held_row_erasure_id", "held_row", ["erasure_id"])


def _holds() -> None:
    op.create_table(
        "member_hold",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", INSTANT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_hold")),
    )
    op.create_index("ix_member_hold_until", "member_hold", ["until"])


def _sealed() -> None:
    op.create_table(
        "sealed_original",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("redaction_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("material_id", sa.Uuid(), nullable=False),
        sa.Column("rendition_id", sa.Uuid(), nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("covered_by", sa.Text(), nullable=True),
        sa.Column("sealed_by", sa.Text(), nullable=False),
        sa.Column("sealed_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("state", sa.Text(), server_default="sealed", nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("bucket IN ('vault', 'uploads')", name=op.f("ck_sealed_original_known_bucket")),
        sa.CheckConstraint(
            "state IN ('sealed', 'confirmed', 'destroyed', 'put_back')", name=op.f("ck_sealed_original_known_state")
        ),
        sa.CheckConstraint(
            "(state = 'sealed') = (ended_at IS NULL)", name=op.f("ck_sealed_original_ended_at_some_time")
        ),
        sa.ForeignKeyConstraint(["material_id"], ["material.id"], name=op.f("fk_sealed_original_material_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_sealed_original_submission_id")),
        sa.ForeignKeyConstraint(["sealed_by"], ["reviewer.id"], name=op.f("fk_sealed_original_sealed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_original")),
    )
    for column in ("redaction_id", "material_id", "key"):
        op.create_index(f"ix_sealed_original_{column}", "sealed_original", [column])
    op.create_index(
        "ix_sealed_original_sealed", "sealed_original", ["sealed_at"], postgresql_where=sa.text("state = 'sealed'")
    )


def _no_ids_in_history() -> None:
    """Members by digests: in the history, and in the names of their sessions, by which slots and keys of requests are theirs."""
    member = digest("(detail ->> 'member_id')")
    named = f"jsonb_build_object('member', {member})"
    op.execute(f"UPDATE audit SET detail = (detail - 'member_id') || {named} WHERE detail ? 'member_id'")  # noqa: S608  (ours)
    op.execute(
        "UPDATE audit SET detail = jsonb_set(detail, '{related_members}', coalesce((SELECT jsonb_agg("  # noqa: S608  (ours)
        f"{digest('each')}) FROM jsonb_array_elements_text(detail -> 'related_members') AS each), '[]'))"
        " WHERE jsonb_typeof(detail -> 'related_members') = 'array'"
    )
    for table, column in (
        ("audit", "actor"),
        ("upload_slot", "owner"),
        ("idempotency", "owner"),
        ("submission", "accepted_by"),
    ):
        name = digest(f"substr({column}, 8)")
        op.execute(f"UPDATE {table} SET {column} = 'member:' || {name} WHERE {column} LIKE 'member:%'")  # noqa: S608  (ours)
