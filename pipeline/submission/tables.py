from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    literal_column,
    text,
)

from pipeline.kernel.database import JSON, Instant, metadata
from pipeline.ownership.rules import EARLIER

LANGUAGE: Final = "coalesce(lower(substring(member ->> 'locale' from '^[A-Za-z]+')), 'en')"
"""The language of the member's locale: `es` of `es-MX`."""

MEMBER_EMAIL: Final = "lower(member ->> 'email')"
"""The member's address as it is looked for."""

COMPANY: Final = "lower(btrim(regexp_replace(coalesce(form ->> 'company_name', form ->> 'organization_name', form ->> 'store_name'), '\\s+', ' ', 'g')))"
"""The company that the form names, in small letters and with single blanks, so that it can be compared."""


def company_of(name: ColumnElement[str]) -> ColumnElement[str]:
    """A company's name as `submission.company` has that of a form."""
    return func.lower(func.btrim(func.regexp_replace(name, r"\s+", " ", "g")))


submission: Final = Table(
    "submission",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("sequence", BigInteger, Identity(), nullable=False),
    Column("member_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("method", Text),
    Column("stage", Text),
    Column("identity", Text),
    Column("form", JSON),
    Column("member", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("language", Text, Computed(LANGUAGE, persisted=True), nullable=False),
    Column("company", Text, Computed(COMPANY, persisted=True)),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("chance", Integer),
    Column("door", Text, nullable=False),
    Column("accepted_by", Text, nullable=False),
    Column("service", Text, nullable=False, server_default=EARLIER),
    Column("accepted_at", Instant, nullable=False, server_default=func.now()),
    Column("target_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("due_rule", JSON, nullable=False),
    Column("watch_at", Instant),
    Column("warned_at", Instant),
    Column("closed_at", Instant),
    Column("superseded_by", Uuid),
    Column("policy_version", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("erased_at", Instant),
    CheckConstraint("(kind = 'avatar') = (chance IS NULL)", name="chance_of_verification"),
    CheckConstraint("queue IN ('avatar', 'verification', 'second', 'senior', 'test')", name="known_queue"),
    Index("ix_submission_member", "member_id", "id"),
    Index("ix_submission_company", "company", "member_id", postgresql_where=text("company IS NOT NULL")),
    Index("ix_submission_service", "service", "id"),
    Index("ix_submission_state", "state", "id"),
    Index("ix_submission_correlation_id", "correlation_id"),
    Index("ix_submission_email", text(f"({MEMBER_EMAIL})"), "id"),
    Index("ix_submission_due", "due_at", "id"),
    Index("ix_submission_watch", "watch_at", "id", postgresql_where=text("watch_at IS NOT NULL")),
    Index("ix_submission_waiting", "due_at", "id", postgresql_where=text("state = 'in_review'")),
    Index("ix_submission_queue", "queue", "due_at", "id", postgresql_where=text("state = 'in_review'")),
    Index("ix_submission_lane", "queue", "language", "due_at", "id", postgresql_where=text("state = 'in_review'")),
    Index("ix_submission_oldest", "queue", "accepted_at", postgresql_where=text("state = 'in_review'")),
    Index(
        "uq_submission_open_avatar",
        "member_id",
        unique=True,
        postgresql_where=text("kind = 'avatar' AND state IN ('received', 'in_review')"),
    ),
)

EMAIL: Final[ColumnElement[str]] = literal_column(MEMBER_EMAIL.replace("member", "submission.member"), Text)
"""The same of a row, as its index has it."""

material: Final = Table(
    "material",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("upload_key", Text),  # where the original lies: where it was put, and since inspection where only we write
    Column("given_key", Text),  # what the submission named, once the original lies elsewhere
    Column("filename", Text),
    Column("declared_type", Text),
    Column("declared_bytes", BigInteger),
    Column("declared_sha256", Text),
    Column("bytes", BigInteger),
    Column("sha256", Text),
    Column("media_type", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("pages", Integer),
    Column("signals", JSON),
    Index("uq_material_position", "submission_id", "position", unique=True),
    Index("ix_material_sha256", "sha256"),
    Index("ix_material_given_key", "given_key", postgresql_where=text("given_key IS NOT NULL")),
    Index("ix_material_upload_key", "upload_key", postgresql_where=text("upload_key IS NOT NULL")),
)

finding: Final = Table(
    "finding",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("material_id", Uuid, ForeignKey("material.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_finding_submission_id", "submission_id"),
)

rendition: Final = Table(
    "rendition",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("material_id", Uuid, ForeignKey("material.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("page", Integer, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("media_type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Index("uq_rendition_page", "material_id", "purpose", "page", unique=True),
)


def verdict_columns() -> tuple[Column[Any], ...]:
    """What is said of a submission, in every table that keeps it: decisions, opinions, answers to blind looks."""
    return (
        Column("verdict", Text, nullable=False),
        Column("reasons", JSON, nullable=False),
        Column("checklist", JSON, nullable=False),
        Column("facts", JSON, nullable=False),
        Column("message", Text),
        Column("note", Text),
        Column("credential", JSON),
        Column("policy_version", Text, nullable=False),
    )


business_email: Final = Table(
    "business_email",
    metadata,
    Column("submission_id", Uuid, ForeignKey("submission.id"), primary_key=True),
    Column("address", Text, nullable=False),
    Column("site_matches", Text),
    Column("code_hash", Text),
    Column("code_number", Integer, nullable=False, server_default="0"),
    Column("next_hash", Text),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("guesses", Integer, nullable=False, server_default="0"),
    Column("codes", Integer, nullable=False, server_default="1"),
    Column("code_asked_at", Instant, nullable=False),
    Column("codes_since", Instant, nullable=False),
    Column("codes_today", Integer, nullable=False, server_default="1"),
    Column("code_sent_at", Instant),
    Column("code_expires_at", Instant),
    CheckConstraint("(code_sent_at IS NULL) = (code_expires_at IS NULL)", name="expires_once_sent"),
    CheckConstraint("(code_number = 0) = (code_hash IS NULL)", name="hash_once_sent"),
)
"""Written by verification alone; membership reads when a code expires. `code_number` is the number of the valid code, the last one that the
mail server accepted (0: none yet), and `codes` that of the last one that was asked for. `next_hash` is of a code whose mail may be leaving."""

decision: Final = Table(
    "decision",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("claim_id", Uuid, ForeignKey("claim.id"), unique=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id")),
    Column("rule", Text),
    *verdict_columns(),
    Column("decided_at", Instant, nullable=False, server_default=func.now()),
    Column("effects_at", Instant, nullable=False),
    Column("undone_at", Instant),
    Column("undone_by", Text, ForeignKey("reviewer.id")),
    CheckConstraint("verdict IN ('approve', 'reject', 'better_file')", name="known_verdict"),
    CheckConstraint("(claim_id IS NULL) = (reviewer_id IS NULL)", name="claimed_by_reviewer"),
    CheckConstraint("(rule IS NULL) = (claim_id IS NOT NULL)", name="by_person_or_rule"),
    CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone_by_somebody"),
    Index("ix_decision_submission_id", "submission_id"),
    Index("ix_decision_decided_at", "decided_at"),
    Index("uq_decision_standing", "submission_id", unique=True, postgresql_where=text("undone_at IS NULL")),
)

STANDING: Final = decision.c.undone_at.is_(None)
"""Of a submission's decisions the one that was not undone; there is one at most."""
