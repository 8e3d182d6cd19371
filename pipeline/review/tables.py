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
from pipeline.submission.tables import verdict_columns

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
    Column("opened_at", Instant),
    Column("renewed_at", Instant),
    Column("hasty", Integer, nullable=False, server_default="0"),
    Column("draft_key", Uuid, nullable=False, server_default=func.gen_random_uuid()),
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
    Index("ix_claim_lease", "id", postgresql_where=text("state = 'live'")),
    Index("ix_claim_submission_id", "submission_id"),
)

"""`opened_at` is since when the case is on the screen, `hasty` how many verdicts were refused because nobody had looked for long enough.
`draft_key` encrypts in the browser what its reviewer has typed and not sent; their next claim on the case has the same one."""

ON_MEMBERS_CASES: Final = claim.c.check_id.is_(None)
"""The claims on cases in review; the others are blind looks at a case that was decided before (docs/adr/0011)."""

OFFERED: Final = claim.c.offered_by.is_not(None) & claim.c.accepted_at.is_(None)
"""A claim that a colleague was offered and has not taken up yet."""

opinion: Final = Table(
    "opinion",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("claim_id", Uuid, ForeignKey("claim.id"), nullable=False, unique=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    *verdict_columns(),
    Column("from_queue", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("given_at", Instant, nullable=False, server_default=func.now()),
    Column("undone_at", Instant),
    CheckConstraint("verdict IN ('approve', 'reject')", name="known_verdict"),
    Index(
        "uq_opinion_standing", "submission_id", "reviewer_id", unique=True, postgresql_where=text("undone_at IS NULL")
    ),
)
"""The verdict of one of two people on a case that needs both: nothing follows from it alone. `version` is the submission's right
after it."""

OPINION_STANDING: Final = opinion.c.undone_at.is_(None)

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
"""A blind look: a sample waits for any other person, a golden case is for its `reviewer_id`. `due_at`, `target_at` and `due_rule` are
made for whom it was last given to, so that the case looks as new as it was to the first reviewer."""

answer: Final = Table(
    "check_answer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("check_id", Uuid, ForeignKey("quality_check.id"), nullable=False),
    Column("claim_id", Uuid, ForeignKey("claim.id"), nullable=False, unique=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    *verdict_columns(),
    Column("decided_at", Instant, nullable=False, server_default=func.now()),
    Column("effects_at", Instant, nullable=False),
    Column("undone_at", Instant),
    Index("uq_check_answer_standing", "check_id", unique=True, postgresql_where=text("undone_at IS NULL")),
)
"""What a person said of a blind case. Nothing follows from it; its undo window ends at `effects_at`."""

ANSWER_STANDING: Final = answer.c.undone_at.is_(None)
"""Of the answers to a blind look the one that was not undone; there is one at most."""

sealed: Final = Table(
    "sealed_original",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("redaction_id", Uuid, nullable=False),
    Column("submission_id", Uuid, ForeignKey("submission.id"), nullable=False),
    Column("material_id", Uuid, ForeignKey("material.id"), nullable=False),
    Column("rendition_id", Uuid),
    Column("page", Integer),
    Column("bucket", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("bytes", BigInteger),
    Column("sha256", Text),
    Column("covered_by", Text),
    Column("sealed_by", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("sealed_at", Instant, nullable=False, server_default=func.now()),
    Column("state", Text, nullable=False, server_default="sealed"),
    Column("ended_by", Text),
    Column("ended_at", Instant),
    CheckConstraint("bucket IN ('vault', 'uploads')", name="known_bucket"),
    CheckConstraint("state IN ('sealed', 'confirmed', 'destroyed', 'put_back')", name="known_state"),
    CheckConstraint("(state = 'sealed') = (ended_at IS NULL)", name="ended_at_some_time"),
    Index("ix_sealed_original_redaction_id", "redaction_id"),
    Index("ix_sealed_original_material_id", "material_id"),
    Index("ix_sealed_original_key", "key"),
    Index("ix_sealed_original_sealed", "sealed_at", postgresql_where=text("state = 'sealed'")),
)
"""A page, or a whole file, as it was before somebody blackened a page of it. No page shows it. It is destroyed when the decision is final
or a second person agrees, and a lead may put it back before that. `submission_id` is the case in which the page was covered, also of an
identical file in another one. `covered_by` is the key of the page in its place."""

STILL_SEALED: Final = sealed.c.state == "sealed"
"""Originals that nobody agreed to destroy yet."""
