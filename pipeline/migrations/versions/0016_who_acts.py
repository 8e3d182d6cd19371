"""Who acts: by which credential, whose an account is, and with which second factor its person signs in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COMPANY = (
    "lower(btrim(regexp_replace(coalesce(form ->> 'company_name', form ->> 'organization_name', form ->> 'store_name'), "
    "'\\s+', ' ', 'g')))"
)
VERDICTS = ("decision", "opinion", "check_answer")


def upgrade() -> None:
    for table in VERDICTS:
        op.add_column(table, sa.Column("credential", postgresql.JSONB(), nullable=True))
    op.add_column("invitation", sa.Column("invited_by", sa.Text(), nullable=True))
    _sessions()
    _relations()
    _factors()
    op.create_table(
        "personal_key",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_personal_key_key_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_personal_key_reviewer_id")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_personal_key")),
    )
    op.create_table(
        "account_opening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "how IN ('invitation', 'password', 'second_factor')", name=op.f("ck_account_opening_known_way")
        ),
        sa.CheckConstraint(
            "(closed_by IS NULL) = (closed_at IS NULL)", name=op.f("ck_account_opening_closed_by_somebody")
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_account_opening_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_opening")),
    )
    op.create_index(
        "ix_account_opening_open", "account_opening", ["reviewer_id"], postgresql_where=sa.text("closed_at IS NULL")
    )
    _openings_so_far()


def _sessions() -> None:
    for name in ("factor", "user_agent", "address"):
        op.add_column("session", sa.Column(name, sa.Text(), nullable=True))
    proved = sa.Column("proved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    op.add_column("session", proved)
    op.execute("UPDATE session SET proved_at = created_at")


def _relations() -> None:
    texts = postgresql.ARRAY(sa.Text())
    op.add_column("reviewer", sa.Column("related_companies", texts, server_default="{}", nullable=False))
    op.add_column("submission", sa.Column("company", sa.Text(), sa.Computed(COMPANY, persisted=True), nullable=True))
    named = sa.text("company IS NOT NULL")
    op.create_index("ix_submission_company", "submission", ["company", "member_id"], postgresql_where=named)


def _factors() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "second_factor",
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("totp", sa.Text(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.Column("totp_at", moment, nullable=True),
        sa.Column("totp_offered", sa.Text(), nullable=True),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_until", moment, nullable=True),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_second_factor_reviewer_id")),
        sa.PrimaryKeyConstraint("reviewer_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_passkey_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index("ix_passkey_reviewer", "passkey", ["reviewer_id"])
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("code_sha256", sa.Text(), nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_recovery_code_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index("uq_recovery_code", "recovery_code", ["reviewer_id", "code_sha256"], unique=True)
    _steps(moment)


def _steps(moment: sa.DateTime) -> None:
    op.create_table(
        "second_step",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("expires_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name=op.f("fk_second_step_reviewer_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_second_step")),
    )
    op.create_index("ix_second_step_expires_at", "second_step", ["expires_at"])
    op.create_table(
        "passkey_challenge",
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_passkey_challenge")),
    )
    op.create_index("ix_passkey_challenge_expires_at", "passkey_challenge", ["expires_at"])


def _openings_so_far() -> None:
    """What the history says of links and passwords that one person made for another."""
    op.execute(
        """
        INSERT INTO account_opening (id, reviewer_id, opened_by, how, at)
        SELECT gen_random_uuid(), audit.detail ->> 'reviewer', audit.actor,
               CASE audit.event WHEN 'reviewer.invited' THEN 'invitation' ELSE 'password' END, max(audit.at)
        FROM audit JOIN reviewer ON reviewer.id = audit.detail ->> 'reviewer'
        WHERE audit.event IN ('reviewer.invited', 'password.changed') AND audit.actor <> audit.detail ->> 'reviewer'
          AND NOT (audit.event = 'reviewer.invited' AND audit.actor = 'cli')
          AND NOT (audit.actor = 'cli' AND EXISTS (
                SELECT FROM audit AS own WHERE own.event = 'password.changed' AND own.id > audit.id
                  AND own.actor = audit.detail ->> 'reviewer' AND own.detail ->> 'reviewer' = own.actor))
        GROUP BY 2, 3, 4
        """
    )


def downgrade() -> None:
    for table in ("passkey_challenge", "second_step", "recovery_code", "passkey", "second_factor", "account_opening"):
        op.drop_table(table)
    op.drop_table("personal_key")
    for name in ("proved_at", "address", "user_agent", "factor"):
        op.drop_column("session", name)
    op.drop_column("invitation", "invited_by")
    op.drop_column("submission", "company")
    op.drop_column("reviewer", "related_companies")
    for table in VERDICTS:
        op.drop_column(table, "credential")
