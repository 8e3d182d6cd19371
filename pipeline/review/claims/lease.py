"""A reviewer in front of a case: they open it, they leave it, they come back to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import func, select, update

from pipeline.access.staff.rules.roles import require
from pipeline.kernel.database import Database
from pipeline.kernel.errors import ClaimExpired, Forbidden
from pipeline.policy import Policy
from pipeline.review.actions import RIGHT_FOR
from pipeline.review.claims.grant import as_claim, grant, lease_from_now, tell
from pipeline.review.claims.lookup import LIVE, desk_of, explain, hold_cap, locked_reviewer, mine
from pipeline.review.claims.service import expire_claims
from pipeline.review.quality.blinding import OPEN_CASE
from pipeline.review.quality.tables import check
from pipeline.review.tables import claim
from pipeline.submission.queues import Queue
from pipeline.submission.tables import submission
from schemas.claims import Claim

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Left:
    """A claim that a page gives up, and until when that page believed it to run."""

    claim_id: UUID
    token: UUID
    lease_until: datetime


def opened(claim_id: UUID, token: UUID, *, reviewer_id: str, db: Database, policy: Policy) -> Claim:
    """The case is in front of its reviewer from now on: the lease begins anew, and handling time with it.

    Raises ClaimExpired, NotFound.
    """
    with db.begin() as connection:
        row = connection.execute(
            update(claim)
            .where(*mine(claim_id, token, reviewer_id), LIVE)
            .values(lease_until=lease_from_now(policy), renewed_at=func.now())
            .returning(claim)
        ).one_or_none()
        if row is None:
            explain(connection, claim_id, reviewer_id)
        tell(connection, row, "claim.opened")
    return as_claim(row)


def leave(left: Sequence[Left], *, reviewer_id: str, db: Database) -> int:
    """Give back what a page held that is gone. Returns how many.

    A claim that another page has opened or renewed since is that page's by now, and stays.
    """
    with db.begin() as connection:
        rows = [
            connection.execute(
                update(claim)
                .where(*mine(each.claim_id, each.token, reviewer_id), claim.c.lease_until == each.lease_until, LIVE)
                .values(state="released", ended_at=func.now())
                .returning(claim)
            ).one_or_none()
            for each in left
        ]
        gone = [row for row in rows if row is not None]
        for row in gone:
            tell(connection, row, "claim.released", {"left": True})
    log.info("claims.left", claims=[str(row.id) for row in gone], reviewer=reviewer_id)
    return len(gone)


def come_back(claim_id: UUID, *, reviewer_id: str, db: Database, policy: Policy) -> Claim:
    """A new claim on a case that its reviewer left or let run out, where nobody has taken it since and it still is one for them.

    Raises ClaimExpired with what became of it, ClaimCapReached, Forbidden, NotFound.
    """
    with db.begin() as connection:
        person = locked_reviewer(connection, reviewer_id)
        hold_cap(desk_of(connection, reviewer_id).held, policy.review.claims_per_reviewer)
        held = connection.execute(
            select(claim.c.submission_id, claim.c.check_id, submission.c.queue, submission.c.member_id)
            .join(submission, submission.c.id == claim.c.submission_id)
            .outerjoin(check, check.c.id == claim.c.check_id)
            .where(
                claim.c.id == claim_id,
                claim.c.reviewer_id == reviewer_id,
                claim.c.state.in_(("released", "expired", "live")),
                OPEN_CASE,
            )
            .with_for_update(of=submission)
        ).one_or_none()
        if held is None:
            explain(connection, claim_id, reviewer_id)
        if held.check_id is None:
            require(person.roles, RIGHT_FOR[Queue(held.queue)])
        if held.member_id in {reviewer_id, *person.related_members}:
            raise Forbidden("The case is of a member with whom you have to do. Claim the next one.")
        expire_claims(connection)
        taken = grant(connection, held.submission_id, reviewer_id=reviewer_id, policy=policy, check_id=held.check_id)
        if taken is None:
            raise ClaimExpired("A colleague has taken the case since you left it. Claim the next case.")
    return taken
