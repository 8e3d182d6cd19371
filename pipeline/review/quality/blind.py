"""A blind case without what came after its decision: nothing in it tells what became of it, or that it was decided at all."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from pipeline.database import Database
from pipeline.review.quality.tables import check
from pipeline.review.tables import claim
from pipeline.tables import decision
from schemas.cases import Case


@dataclass(frozen=True, slots=True)
class Past:
    """As of which decision a blind case is shown, and when it was made."""

    decision_id: UUID
    decided_at: datetime


def past_of(claim_id: UUID, *, db: Database) -> Past | None:
    """As of when the case of this claim is shown; None where it is a member's case, which is as it is."""
    query = (
        select(decision.c.id, decision.c.decided_at)
        .join(check, check.c.decision_id == decision.c.id)
        .join(claim, claim.c.check_id == check.c.id)
        .where(claim.c.id == claim_id)
    )
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    return Past(row.id, row.decided_at) if row else None


def as_first_seen(case: Case, past: Past) -> Case:
    """The case without what came later. Ids are UUIDv7, so a submission that came later has a greater one. Pure."""
    files = tuple(
        each.model_copy(
            update={"duplicates": tuple(like for like in each.duplicates if like.submission_id < past.decision_id)}
        )
        for each in case.materials
    )
    number = case.tax_number
    if number is not None:
        used = tuple(each for each in number.used_by if each.submission_id < past.decision_id)
        number = number.model_copy(update={"used_by": used})
    earlier = tuple(each for each in case.earlier if each.decided_at < past.decided_at)
    return case.model_copy(update={"materials": files, "tax_number": number, "earlier": earlier})


def held_blind(reviewer_id: str, *, db: Database) -> frozenset[UUID]:
    """The submissions that somebody looks at blind at this moment, and must not be told of elsewhere."""
    held = (claim.c.reviewer_id == reviewer_id, claim.c.state == "live", claim.c.check_id.is_not(None))
    with db.read() as connection:
        return frozenset(connection.execute(select(claim.c.submission_id).where(*held)).scalars())
