"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=True),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_submission", "audit", ["submission_id", "id"], unique=False)
    op.create_table(
        "avatar",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("large_key", sa.Text(), nullable=False),
        sa.Column("small_key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_avatar")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_avatar_submission_id")),
    )
    op.create_table(
        "idempotency",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("answer", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_idempotency")),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"], unique=False)
    op.create_table(
        "level_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("from_level", sa.Text(), nullable=False),
        sa.Column("to_level", sa.Text(), nullable=False),
        sa.Column("benefits", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_level_change")),
        sa.UniqueConstraint("cause_id", name=op.f("uq_level_change_cause_id")),
    )
    op.create_index("ix_level_change_member", "level_change", ["member_id", "id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("benefits", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_membership")),
    )
    op.create_table(
        "reviewer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("related_members", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviewer")),
    )
    op.create_table(
        "schedule_run",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "run_at", name=op.f("pk_schedule_run")),
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("identity", sa.Text(), nullable=True),
        sa.Column("form", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("member", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("chance", sa.Integer(), nullable=True),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("target_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_rule", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.CheckConstraint("(kind = 'avatar') = (chance IS NULL)", name=op.f("ck_submission_chance_of_verification")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_index("ix_submission_correlation_id", "submission", ["correlation_id"], unique=False)
    op.create_index("ix_submission_member", "submission", ["member_id", "id"], unique=False)
    op.create_index("ix_submission_state", "submission", ["state", "id"], unique=False)
    op.create_index(
        "ix_submission_waiting",
        "submission",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'in_review'"),
    )
    op.create_index(
        "uq_submission_chance",
        "submission",
        ["member_id", "method", "stage", "chance"],
        unique=True,
        postgresql_where=sa.text("kind = 'verification' AND state NOT IN ('refused', 'superseded', 'withdrawn')"),
    )
    op.create_index(
        "uq_submission_open_avatar",
        "submission",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'avatar' AND state IN ('received', 'in_review')"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref_id", sa.Text(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="ready", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("hinted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("waits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_task_running_has_lease")),
        sa.CheckConstraint("state IN ('ready', 'running', 'done', 'parked')", name=op.f("ck_task_known_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_task_dedup_key")),
    )
    op.create_index("ix_task_due", "task", ["due_at"], unique=False, postgresql_where=sa.text("state = 'ready'"))
    op.create_index("ix_task_ended_at", "task", ["ended_at"], unique=False, postgresql_where=sa.text("state = 'done'"))
    op.create_index(
        "ix_task_lease", "task", ["lease_until"], unique=False, postgresql_where=sa.text("state = 'running'")
    )
    op.create_index("ix_task_parked", "task", ["id"], unique=False, postgresql_where=sa.text("state = 'parked'"))
    op.create_table(
        "unlocked_stage",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("unlocked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "stage", name=op.f("pk_unlocked_stage")),
        sa.UniqueConstraint("cause_id", name=op.f("uq_unlocked_stage_cause_id")),
    )
    op.create_table(
        "upload_slot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_slot")),
        sa.UniqueConstraint("key", name=op.f("uq_upload_slot_key")),
    )
    op.create_index("ix_upload_slot_expires_at", "upload_slot", ["expires_at"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="live", nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('live', 'decided', 'released', 'expired')", name=op.f("ck_claim_known_state")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_claim_reviewer_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_claim_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("fence", name=op.f("uq_claim_fence")),
    )
    op.create_index(
        "ix_claim_lease", "claim", ["lease_until"], unique=False, postgresql_where=sa.text("state = 'live'")
    )
    op.create_index(
        "ix_claim_reviewer", "claim", ["reviewer_id"], unique=False, postgresql_where=sa.text("state = 'live'")
    )
    op.create_index("ix_claim_submission_id", "claim", ["submission_id"], unique=False)
    op.create_index(
        "uq_claim_live", "claim", ["submission_id"], unique=True, postgresql_where=sa.text("state = 'live'")
    )
    op.create_table(
        "mail",
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("ambiguous", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'sending', 'sent', 'unknown', 'withdrawn')", name=op.f("ck_mail_known_state")
        ),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_mail_submission_id")),
        sa.PrimaryKeyConstraint("cause_id", name=op.f("pk_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
    )
    op.create_index("ix_mail_submission_id", "mail", ["submission_id"], unique=False)
    op.create_table(
        "material",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("upload_key", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=True),
        sa.Column("declared_type", sa.Text(), nullable=True),
        sa.Column("declared_bytes", sa.BigInteger(), nullable=True),
        sa.Column("declared_sha256", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("signals", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_material_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material")),
    )
    op.create_index("ix_material_sha256", "material", ["sha256"], unique=False)
    op.create_index("uq_material_position", "material", ["submission_id", "position"], unique=True)
    op.create_table(
        "skip",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_skip_reviewer_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_skip_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", "reviewer_id", name=op.f("pk_skip")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("checklist", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("facts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("effects_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name=op.f("ck_decision_undone_by_somebody")),
        sa.CheckConstraint("verdict IN ('approve', 'reject')", name=op.f("ck_decision_known_verdict")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_decision_claim_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_decision_reviewer_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_decision_submission_id")),
        sa.ForeignKeyConstraint(["undone_by"], ["reviewer.id"], name=op.f("fk_decision_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_decision_claim_id")),
    )
    op.create_index("ix_decision_submission_id", "decision", ["submission_id"], unique=False)
    op.create_index(
        "uq_decision_standing",
        "decision",
        ["submission_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("material_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["material_id"], ["material.id"], name=op.f("fk_finding_material_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_finding_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index("ix_finding_submission_id", "finding", ["submission_id"], unique=False)
    op.create_table(
        "fingerprint",
        sa.Column("material_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("phash", sa.BigInteger(), nullable=True),
        sa.Column(
            "band_0", sa.Integer(), sa.Computed("((phash >> 0) & 65535)::integer", persisted=True), nullable=True
        ),
        sa.Column(
            "band_1", sa.Integer(), sa.Computed("((phash >> 16) & 65535)::integer", persisted=True), nullable=True
        ),
        sa.Column(
            "band_2", sa.Integer(), sa.Computed("((phash >> 32) & 65535)::integer", persisted=True), nullable=True
        ),
        sa.Column(
            "band_3", sa.Integer(), sa.Computed("((phash >> 48) & 65535)::integer", persisted=True), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["material_id"], ["material.id"], name=op.f("fk_fingerprint_material_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("material_id", name=op.f("pk_fingerprint")),
    )
    op.create_index(
        "ix_fingerprint_band_0",
        "fingerprint",
        ["band_0"],
        unique=False,
        postgresql_include=["phash", "member_id", "material_id"],
        postgresql_where=sa.text("band_0 IS NOT NULL"),
    )
    op.create_index(
        "ix_fingerprint_band_1",
        "fingerprint",
        ["band_1"],
        unique=False,
        postgresql_include=["phash", "member_id", "material_id"],
        postgresql_where=sa.text("band_1 IS NOT NULL"),
    )
    op.create_index(
        "ix_fingerprint_band_2",
        "fingerprint",
        ["band_2"],
        unique=False,
        postgresql_include=["phash", "member_id", "material_id"],
        postgresql_where=sa.text("band_2 IS NOT NULL"),
    )
    op.create_index(
        "ix_fingerprint_band_3",
        "fingerprint",
        ["band_3"],
        unique=False,
        postgresql_include=["phash", "member_id", "material_id"],
        postgresql_where=sa.text("band_3 IS NOT NULL"),
    )
    op.create_index(
        "ix_fingerprint_sha256",
        "fingerprint",
        ["sha256", "member_id"],
        unique=False,
        postgresql_include=["material_id"],
    )
    op.create_table(
        "rendition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("material_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["material_id"], ["material.id"], name=op.f("fk_rendition_material_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendition")),
        sa.UniqueConstraint("key", name=op.f("uq_rendition_key")),
    )
    op.create_index("uq_rendition_page", "rendition", ["material_id", "purpose", "page"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_rendition_page", table_name="rendition")
    op.drop_table("rendition")
    op.drop_index("ix_fingerprint_sha256", table_name="fingerprint", postgresql_include=["material_id"])
    op.drop_index(
        "ix_fingerprint_band_3",
        table_name="fingerprint",
        postgresql_include=["phash", "member_id", "material_id"],
        postgresql_where=sa.text("band_3 IS NOT NULL"),
    )
    op.drop_index(
        "ix_fingerprint_band_2",
        table_name="fingerprint",
        postgresql_include=["phash", "member_id", "material_id"],
        postgresql_where=sa.text("band_2 IS NOT NULL"),
    )
    op.drop_index(
        "ix_fingerprint_band_1",
        table_name="fingerprint",
        postgresql_include=["phash", "member_id", "material_id"],
        postgresql_where=sa.text("band_1 IS NOT NULL"),
    )
    op.drop_index(
        "ix_fingerprint_band_0",
        table_name="fingerprint",
        postgresql_include=["phash", "member_id", "material_id"],
        postgresql_where=sa.text("band_0 IS NOT NULL"),
    )
    op.drop_table("fingerprint")
    op.drop_index("ix_finding_submission_id", table_name="finding")
    op.drop_table("finding")
    op.drop_index("uq_decision_standing", table_name="decision", postgresql_where=sa.text("undone_at IS NULL"))
    op.drop_index("ix_decision_submission_id", table_name="decision")
    op.drop_table("decision")
    op.drop_table("skip")
    op.drop_index("uq_material_position", table_name="material")
    op.drop_index("ix_material_sha256", table_name="material")
    op.drop_table("material")
    op.drop_index("ix_mail_submission_id", table_name="mail")
    op.drop_table("mail")
    op.drop_index("uq_claim_live", table_name="claim", postgresql_where=sa.text("state = 'live'"))
    op.drop_index("ix_claim_submission_id", table_name="claim")
    op.drop_index("ix_claim_reviewer", table_name="claim", postgresql_where=sa.text("state = 'live'"))
    op.drop_index("ix_claim_lease", table_name="claim", postgresql_where=sa.text("state = 'live'"))
    op.drop_table("claim")
    op.drop_index("ix_upload_slot_expires_at", table_name="upload_slot")
    op.drop_table("upload_slot")
    op.drop_table("unlocked_stage")
    op.drop_index("ix_task_parked", table_name="task", postgresql_where=sa.text("state = 'parked'"))
    op.drop_index("ix_task_lease", table_name="task", postgresql_where=sa.text("state = 'running'"))
    op.drop_index("ix_task_ended_at", table_name="task", postgresql_where=sa.text("state = 'done'"))
    op.drop_index("ix_task_due", table_name="task", postgresql_where=sa.text("state = 'ready'"))
    op.drop_table("task")
    op.drop_index(
        "uq_submission_open_avatar",
        table_name="submission",
        postgresql_where=sa.text("kind = 'avatar' AND state IN ('received', 'in_review')"),
    )
    op.drop_index(
        "uq_submission_chance",
        table_name="submission",
        postgresql_where=sa.text("kind = 'verification' AND state NOT IN ('refused', 'superseded', 'withdrawn')"),
    )
    op.drop_index("ix_submission_waiting", table_name="submission", postgresql_where=sa.text("state = 'in_review'"))
    op.drop_index("ix_submission_state", table_name="submission")
    op.drop_index("ix_submission_member", table_name="submission")
    op.drop_index("ix_submission_correlation_id", table_name="submission")
    op.drop_table("submission")
    op.drop_table("schedule_run")
    op.drop_table("reviewer")
    op.drop_table("membership")
    op.drop_index("ix_level_change_member", table_name="level_change")
    op.drop_table("level_change")
    op.drop_index("ix_idempotency_created_at", table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_table("avatar")
    op.drop_index("ix_audit_submission", table_name="audit")
    op.drop_table("audit")
    op.drop_table("api_key")
