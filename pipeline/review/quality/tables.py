from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, Uuid, func, text

from pipeline.kernel.database import JSON, Instant, metadata

golden: Final = Table(
    "golden",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("decision_id", Uuid, ForeignKey("decision.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("queue", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("note", Text),
    Column("marked_by", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("marked_at", Instant, nullable=False, server_default=func.now()),
    Column("retired_at", Instant),
    CheckConstraint("verdict IN ('approve', 'reject')", name="known_verdict"),
    Index("uq_golden_submission", "submission_id", unique=True, postgresql_where=text("retired_at IS NULL")),
)
"""A decided case whose right verdict a lead has said; `version` is what the one who decided it looked at."""

check: Final = Table(
    "quality_check",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("decision_id", Uuid, ForeignKey("decision.id"), nullable=False),
    Column("golden_id", Uuid, ForeignKey("golden.id")),
    Column("reviewer_id", Text, ForeignKey("reviewer.id")),
    Column("version", Integer, nullable=False),
    Column("queue", Text, nullable=False),
    Column("opens_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("target_at", Instant),
    Column("due_rule", JSON),
    Column("answered_at", Instant),
    Column("ruling", Text),
    Column("ruled_by", Text, ForeignKey("reviewer.id")),
    Column("ruled_at", Instant),
    Column("ruling_note", Text),
    CheckConstraint("kind IN ('sample', 'golden')", name="known_kind"),
    CheckConstraint("(kind = 'golden') = (golden_id IS NOT NULL)", name="golden_names_its_case"),
    CheckConstraint("ruling IN ('first', 'second')", name="known_ruling"),
    CheckConstraint("(ruling IS NULL) = (ruled_by IS NULL)", name="ruled_by_somebody"),
    CheckConstraint("(ruling IS NULL) = (ruled_at IS NULL)", name="ruled_at_some_time"),
    Index("uq_quality_check_sample", "decision_id", unique=True, postgresql_where=text("kind = 'sample'")),
    Index("uq_quality_check_golden", "golden_id", "reviewer_id", unique=True),
    Index(
        "ix_quality_check_waiting",
        "opens_at",
        "id",
        postgresql_where=text("kind = 'sample' AND answered_at IS NULL"),
    ),
    Index("ix_quality_check_open", "answered_at", postgresql_where=text("kind = 'sample' AND ruling IS NULL")),
)
"""A case that is given to somebody blind: a sample waits for any other person, a golden one is for its `reviewer_id`.
When it is due for whom it was last given to is made up, so that the case looks as young as it did to the first."""

answer: Final = Table(
    "check_answer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("check_id", Uuid, ForeignKey("quality_check.id"), nullable=False),
    Column("claim_id", Uuid, ForeignKey("claim.id"), nullable=False, unique=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("checklist", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("message", Text),
    Column("note", Text),
    Column("policy_version", Text, nullable=False),
    Column("decided_at", Instant, nullable=False, server_default=func.now()),
    Column("effects_at", Instant, nullable=False),
    Column("undone_at", Instant),
    Index("uq_check_answer_standing", "check_id", unique=True, postgresql_where=text("undone_at IS NULL")),
)
"""What was said of a blind case, in the columns of a decision; nothing follows from it. `effects_at` ends its undo window."""

STANDING: Final = answer.c.undone_at.is_(None)
