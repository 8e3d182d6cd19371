"""Whether a person has looked at a case before they say what it is. One who is too quick is told so, and their lead sees how often."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from pipeline.kernel.errors import Problem
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.lookup import LIVE
from pipeline.review.claims.rules import Look, Page, look_problem
from pipeline.review.tables import claim
from pipeline.submission.tables import material, rendition, submission


def too_quick(
    claim_id: UUID, verdict: str, seen: Collection[Page], *, reviewer_id: str, context: ReviewContext
) -> Problem | None:
    """What is wrong with a verdict that comes now, and None for one that may count; each that may not is counted.

    `seen` are the pages that were on the screen for the least look of the policy, as the person's page says; the time since the case was
    opened is the database's.
    """
    with context.db.begin() as connection:
        found = _look(connection, claim_id, reviewer_id, frozenset(seen))
        problem = look_problem(found, verdict, context.policy.review) if found is not None else None
        if problem is not None:
            connection.execute(update(claim).where(claim.c.id == claim_id).values(hasty=claim.c.hasty + 1))
    return problem


def _look(connection: Connection, claim_id: UUID, reviewer_id: str, seen: frozenset[Page]) -> Look | None:
    """None where the person has no such live claim: what is wrong then is not the look."""
    seconds = func.extract("epoch", func.clock_timestamp() - claim.c.opened_at)
    row = connection.execute(
        select(claim.c.submission_id, submission.c.kind, seconds.label("seconds"))
        .join(submission, submission.c.id == claim.c.submission_id)
        .where(claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id, LIVE)
    ).one_or_none()
    if row is None:
        return None
    pages = connection.execute(
        select(rendition.c.material_id, rendition.c.page)
        .join(material, material.c.id == rendition.c.material_id)
        .where(material.c.submission_id == row.submission_id, rendition.c.purpose == "large")
        .order_by(material.c.position, rendition.c.page)
    ).all()
    return Look(row.kind, tuple((each.material_id, each.page) for each in pages), seen, float(row.seconds or 0))
