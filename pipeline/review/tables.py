from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from pipeline.kernel.database import JSON, Instant, metadata

claim: Final = Table(
    "claim",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("fence", BigInteger, Identity(), nullable=False, unique=True),
    Column("token", Uuid, nullable=False),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("check_id", Uuid, ForeignKey("quality_check.id", use_alter=True)),
    Column("state", Text, nullable=False, server_default="live"),
    Column("offered_by", Text, ForeignKey("reviewer.id")),
    Column("offer_note", Text),
    Column("accepted_at", Instant),
    Column("claimed_at", Instant, nullable=False, server_default=func.now()),
    Column("renewed_at", Instant),
    Column("lease_until", Instant, nullable=False),
    Column("ended_at", Instant),
    CheckConstraint(
        "state IN ('live', 'decided', 'released', 'expired', 'escalated', 'handed_over')", name="known_state"
    ),
    CheckConstraint("accepted_at IS NULL OR offered_by IS NOT NULL", name="accepted_what_was_offered"),
    Index("uq_claim_live", "submission_id", unique=True, postgresql_where=text("state = 'live' AND check_id IS NULL")),
    Index("uq_claim_live_check", "check_id", unique=True, postgresql_where=text("state = 'live'")),
    Index("ix_claim_check_id", "check_id", postgresql_where=text("check_id IS NOT NULL")),
    Index("ix_claim_reviewer", "reviewer_id", postgresql_where=text("state = 'live'")),
    Index("ix_claim_lease", "lease_until", postgresql_where=text("state = 'live'")),
    Index("ix_claim_submission_id", "submission_id"),
)

ON_MEMBERS_CASES: Final = claim.c.check_id.is_(None)
"""The claims that hold a case in review; the others are blind looks at a case that was decided before (docs/adr/0010)."""

OFFERED: Final = claim.c.offered_by.is_not(None) & claim.c.accepted_at.is_(None)
"""A claim that a colleague was offered and has not taken up yet."""

opinion: Final = Table(
    "opinion",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("claim_id", Uuid, ForeignKey("claim.id"), nullable=False, unique=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("checklist", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("message", Text),
    Column("note", Text),
    Column("policy_version", Text, nullable=False),
    Column("from_queue", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("given_at", Instant, nullable=False, server_default=func.now()),
    Column("undone_at", Instant),
    CheckConstraint("verdict IN ('approve', 'reject')", name="known_verdict"),
    Index(
        "uq_opinion_standing", "submission_id", "reviewer_id", unique=True, postgresql_where=text("undone_at IS NULL")
    ),
)
"""What one of two people thinks of a case: kept beside the decision, and nothing follows from it alone. `version` is the
submission's right after it."""

escalation: Final = Table(
    "escalation",
    metadata,
    Column("claim_id", Uuid, ForeignKey("claim.id"), primary_key=True),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("note", Text, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.now()),
    Index("ix_escalation_submission_id", "submission_id"),
)

skip: Final = Table(
    "skip",
    metadata,
    Column("submission_id", Uuid, ForeignKey("submission.id"), primary_key=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.now()),
)
