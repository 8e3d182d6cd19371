from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Identity, Index, Table, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY

from pipeline.database import metadata
from pipeline.tables import Instant

reviewer: Final = Table(
    "reviewer",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("roles", ARRAY(Text), nullable=False, server_default="{reviewer}"),
    Column("languages", ARRAY(Text), nullable=False, server_default="{}"),
    Column("related_members", ARRAY(Text), nullable=False, server_default="{}"),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
)

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
    Column("claimed_at", Instant, nullable=False, server_default=func.now()),
    Column("renewed_at", Instant),
    Column("lease_until", Instant, nullable=False),
    Column("ended_at", Instant),
    CheckConstraint("state IN ('live', 'decided', 'released', 'expired')", name="known_state"),
    Index("uq_claim_live", "submission_id", unique=True, postgresql_where=text("state = 'live' AND check_id IS NULL")),
    Index("uq_claim_live_check", "check_id", unique=True, postgresql_where=text("state = 'live'")),
    Index("ix_claim_check_id", "check_id", postgresql_where=text("check_id IS NOT NULL")),
    Index("ix_claim_reviewer", "reviewer_id", postgresql_where=text("state = 'live'")),
    Index("ix_claim_lease", "lease_until", postgresql_where=text("state = 'live'")),
    Index("ix_claim_submission_id", "submission_id"),
)

ON_MEMBERS_CASES: Final = claim.c.check_id.is_(None)
"""The claims that hold a case in review; the others are blind looks at a case that was decided before (docs/adr/0010)."""

skip: Final = Table(
    "skip",
    metadata,
    Column("submission_id", Uuid, ForeignKey("submission.id"), primary_key=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.now()),
)
