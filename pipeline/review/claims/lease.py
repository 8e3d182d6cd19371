from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select, update

from pipeline.access.staff.rules.roles import require
from pipeline.kernel.errors import ClaimExpired
from pipeline.review.actions import RIGHT_FOR
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.grant import as_claim, audit_claim, grant, lease_from_now
from pipeline.review.claims.lookup import LIVE, OPEN_CASE, mine, refuse_claim, reviewer_below_cap
from pipeline.review.claims.service import expire_claims
from pipeline.review.claims.ties import require_untied
from pipeline.review.tables import check, claim
from pipeline.submission.lifecycle import Queue
from pipeline.submission.tables import submission
from schemas.claims import Claim

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LeftClaim:
    """A claim that a page gives back when it is closed, with the end of its lease as that page knows it."""

    claim_id: UUID
    token: UUID
    lease_until: datetime


def open_claim(claim_id: UUID, token: UUID, *, reviewer_id: str, context: ReviewContext) -> Claim:
    """Begin the lease anew, and handling time with it: the case is shown from now on. Raises ClaimExpired, NotFound."""
    opened = {"opened_at": func.coalesce(claim.c.opened_at, func.clock_timestamp())}
    return _extend(claim_id, token, "claim.opened", reviewer_id=reviewer_id, context=context, more=opened)


def renew(claim_id: UUID, token: UUID, *, reviewer_id: str, context: ReviewContext) -> Claim:
    """Begin the lease of a live claim anew. Raises ClaimExpired, NotFound."""
    return _extend(claim_id, token, "claim.renewed", reviewer_id=reviewer_id, context=context)


def _extend(
    claim_id: UUID,
    token: UUID,
    event: str,
    *,
    reviewer_id: str,
    context: ReviewContext,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Claim:
    with context.db.begin() as connection:
        row = connection.execute(
            update(claim)
            .where(*mine(claim_id, token, reviewer_id), LIVE)
            .values(lease_until=lease_from_now(context.policy), renewed_at=func.now(), **more)
            .returning(claim)
        ).one_or_none()
        if row is None:
            refuse_claim(connection, claim_id, reviewer_id)
        audit_claim(connection, row, event)
    return as_claim(row)


def leave(left: Sequence[LeftClaim], *, reviewer_id: str, context: ReviewContext) -> int:
    """Give back the claims of a page that was closed. Returns how many.

    A claim that another page has opened or renewed since belongs to that page now, and stays.
    """
    with context.db.begin() as connection:
        rows = [
            connection.execute(
                update(claim)
                .where(*mine(each.claim_id, each.token, reviewer_id), claim.c.lease_until == each.lease_until, LIVE)
                .values(state="released", ended_at=func.now())
                .returning(claim)
            ).one_or_none()
            for each in left
        ]
        ended = [row for row in rows if row is not None]
        for row in ended:
            audit_claim(connection, row, "claim.released", {"left": True})
    log.info("claims.left", claims=[str(row.id) for row in ended], reviewer=reviewer_id)
    return len(ended)


def reclaim(claim_id: UUID, *, reviewer_id: str, context: ReviewContext) -> Claim:
    """A new claim on a case that its reviewer left or let run out, where nobody has claimed it since and they may still have it.

    Raises ClaimExpired with the case's outcome, ClaimCapReached, Forbidden, NotFound.
    """
    with context.db.begin() as connection:
        person = reviewer_below_cap(connection, reviewer_id, context.policy)
        before = connection.execute(
            select(claim.c.submission_id, claim.c.check_id, submission.c.queue)
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
        if before is None:
            refuse_claim(connection, claim_id, reviewer_id)
        if before.check_id is None:
            require(person.roles, RIGHT_FOR[Queue(before.queue)])
        know = context.blind_looks.excluded(connection, before.check_id) if before.check_id is not None else ()
        require_untied(connection, before.submission_id, reviewer_id, know_outcome=know)
        expire_claims(connection)
        case = {"submission_id": before.submission_id, "check_id": before.check_id}
        taken = grant(connection, **case, reviewer_id=reviewer_id, policy=context.policy)
        if taken is None:
            raise ClaimExpired("A colleague has taken the case since you left it. Claim the next case.")
    return taken
