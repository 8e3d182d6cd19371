"""Claims: one case is one reviewer's at a time, for as long as the lease runs on the database's clock."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, func, update

from pipeline.kernel.database import Database
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.review.actions import chosen_queues
from pipeline.review.claims.grant import as_claim, end_claim, grant, lease_from_now, skip_case, tell
from pipeline.review.claims.handover import take_up_next
from pipeline.review.claims.lookup import LIVE, RUN_OUT, explain, hold_cap, locked_reviewer, mine
from pipeline.review.claims.next_case import Seeker, look, next_waiting
from pipeline.review.quality.sampling import blind_claim
from pipeline.review.tables import claim
from schemas.claims import Claim

log = structlog.get_logger()

_TRIES: Final = 20


def claim_next(
    *,
    reviewer_id: str,
    kinds: Sequence[str] = (),
    queues: Sequence[str] = (),
    db: Database,
    policy: Policy,
    request: Once | None = None,
) -> Claim | None:
    """Take what a colleague offers, or the case that is due soonest; None where nothing waits for this reviewer.

    Of the queues that their roles give, in the languages that they read. Never the reviewer's own or a related member's case, nor
    one that they skipped or have an opinion of already. Raises ClaimCapReached, Forbidden, NotFound.
    """
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return Claim.model_validate(earlier["claim"]) if earlier["claim"] else None
        person = locked_reviewer(connection, reviewer_id)
        seeker = Seeker(
            reviewer_id=reviewer_id,
            queues=chosen_queues(person.roles, queues),
            languages=person.languages,
            kinds=kinds,
            related=[*person.related_members, reviewer_id],
        )
        desk = look(connection, seeker)
        hold_cap(desk.held, policy.review.claims_per_reviewer)
        if desk.run_out:
            expire_claims(connection)
        taken = take_up_next(connection, seeker, policy=policy) if desk.offered else None
        if taken is None:
            first = next_waiting(connection, seeker) if desk.offered or desk.run_out else desk.waiting
            taken = _take(connection, first, seeker, policy)
        remember(connection, request, {"claim": taken.model_dump(mode="json") if taken else None})
    if taken is not None:
        log.info("claim.taken", submission_id=str(taken.submission_id), claim_id=str(taken.id), reviewer=reviewer_id)
    return taken


def renew(claim_id: UUID, token: UUID, *, reviewer_id: str, db: Database, policy: Policy) -> Claim:
    """Lengthen a live claim from now. Raises ClaimExpired, NotFound."""
    with db.begin() as connection:
        row = connection.execute(
            update(claim)
            .where(*mine(claim_id, token, reviewer_id), LIVE)
            .values(lease_until=lease_from_now(policy), renewed_at=func.now())
            .returning(claim)
        ).one_or_none()
        if row is None:
            explain(connection, claim_id, reviewer_id)
        tell(connection, row, "claim.renewed")
    return as_claim(row)


def release(claim_id: UUID, token: UUID, *, reviewer_id: str, db: Database, skip_reason: str | None = None) -> None:
    """Give a case back; with a reason it is not offered to this reviewer again. Raises ClaimExpired, NotFound."""
    with db.begin() as connection:
        row = end_claim(connection, claim_id, token, reviewer_id=reviewer_id, state="released")
        if skip_reason is not None:
            skip_case(connection, row, skip_reason)
        tell(connection, row, "claim.released", {"skip_reason": skip_reason} if skip_reason else None)
    log.info("claim.released", submission_id=str(row.submission_id), claim_id=str(claim_id), reviewer=reviewer_id)


def expire_claims(connection: Connection) -> int:
    """End live claims whose lease ran out or whose case is no longer in review. Returns how many."""
    ended = connection.execute(
        update(claim)
        .where(claim.c.id.in_(RUN_OUT.with_for_update(skip_locked=True, of=claim)), claim.c.state == "live")
        .values(state="expired", ended_at=func.now())
        .returning(claim)
    ).all()
    for row in ended:
        tell(connection, row, "claim.expired")
    return len(ended)


def sweep_claims(db: Database) -> int:
    """Put cases back whose claim ran out. Returns how many."""
    with db.begin() as connection:
        return expire_claims(connection)


def _take(connection: Connection, waiting: UUID | None, seeker: Seeker, policy: Policy) -> Claim | None:
    """Insert a claim on the case that waits first, or now and then on a blind one in its place.

    The unique index on live claims settles a tie; then the next one is tried.
    """
    for attempt in range(_TRIES):
        if waiting is None:
            return None
        taken = blind_claim(connection, seeker, claim_id=new_id(), policy=policy) if attempt == 0 else None
        taken = taken or grant(connection, waiting, reviewer_id=seeker.reviewer_id, policy=policy)
        if taken is not None:
            return taken
        waiting = next_waiting(connection, seeker)
    return None
