from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, select, update

from pipeline.access.staff.relations import declare, members_of
from pipeline.kernel.database import Database
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.ids import new_id
from pipeline.review.actions import chosen_queues
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.grant import audit_claim, end_claim, end_related_claims, grant, skip_case
from pipeline.review.claims.handover import take_up_next
from pipeline.review.claims.lookup import RUN_OUT, locked_reviewer, require_below_cap
from pipeline.review.claims.next_case import ClaimQuery, next_waiting, workload_and_next
from pipeline.review.tables import claim
from pipeline.submission.tables import submission
from schemas.claims import Claim

log = structlog.get_logger()

_TRIES: Final = 20
KNOWN_MEMBER: Final = "known_member"
"""The reason of a skip that says more of the person than of the case."""


def claim_next(
    *,
    reviewer_id: str,
    kinds: Sequence[str] = (),
    queues: Sequence[str] = (),
    context: ReviewContext,
    request: Once | None = None,
) -> Claim | None:
    """Claim what a colleague offers, or the case that is due soonest; None where nothing waits for this reviewer.

    Of the queues that their roles give, in the languages that they read. Never the reviewer's own or a related member's case, nor
    one that they skipped or have an opinion of already. Raises ClaimCapReached, Forbidden, NotFound.
    """
    with context.db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return Claim.model_validate(earlier["claim"]) if earlier["claim"] else None
        person = locked_reviewer(connection, reviewer_id)
        query = ClaimQuery(
            reviewer_id=reviewer_id,
            queues=chosen_queues(person.roles, queues),
            languages=person.languages,
            kinds=kinds,
            related=[*person.related_members, *members_of(connection, person.related_companies), reviewer_id],
        )
        found = workload_and_next(connection, query)
        require_below_cap(found.claimed, context.policy)
        if found.run_out:
            expire_claims(connection)
        taken = take_up_next(connection, query, policy=context.policy) if found.offered else None
        if taken is None:
            first = next_waiting(connection, query) if found.offered or found.run_out else found.waiting
            taken = _claim(connection, first, query, context)
        remember(connection, request, {"claim": taken.model_dump(mode="json") if taken else None})
    if taken is not None:
        log.info("claim.taken", submission_id=str(taken.submission_id), claim_id=str(taken.id), reviewer=reviewer_id)
    return taken


def release(
    claim_id: UUID, token: UUID, *, reviewer_id: str, context: ReviewContext, skip_reason: str | None = None
) -> None:
    """Give a case back; with a reason it is not offered to this reviewer again. Raises ClaimExpired, NotFound."""
    with context.db.begin() as connection:
        row = end_claim(connection, claim_id, token, reviewer_id=reviewer_id, state="released")
        if skip_reason is not None:
            skip_case(connection, row, skip_reason)
        if skip_reason == KNOWN_MEMBER:
            _declare_member(connection, row)
        audit_claim(connection, row, "claim.released", {"skipped": True} if skip_reason else None)
    log.info("claim.released", submission_id=str(row.submission_id), claim_id=str(claim_id), reviewer=reviewer_id)


def _declare_member(connection: Connection, ended: Row[Any]) -> None:
    """Who says that they know a member has to do with them from now on, in all their cases."""
    member = select(submission.c.member_id).where(submission.c.id == ended.submission_id)
    member_id = connection.execute(member).scalar_one()
    declare(connection, ended.reviewer_id, "member", member_id, actor=ended.reviewer_id)
    end_related_claims(connection, ended.reviewer_id)


def expire_claims(connection: Connection, *, most: int | None = None) -> int:
    """End live claims whose lease ran out or whose case is no longer in review, all or so many. Returns how many."""
    some = RUN_OUT.limit(most).with_for_update(skip_locked=True, of=claim).cte("some")
    ended = connection.execute(
        update(claim)
        .where(claim.c.id == some.c.id, claim.c.state == "live")
        .values(state="expired", ended_at=func.now())
        .returning(claim)
    ).all()
    for row in ended:
        audit_claim(connection, row, "claim.expired")
    return len(ended)


def sweep_claims(db: Database, *, batch: int = 200) -> int:
    """Put cases back whose claim ran out, so many at a time. Returns how many."""
    with db.begin() as connection:
        return expire_claims(connection, most=batch)


def _claim(connection: Connection, waiting: UUID | None, query: ClaimQuery, context: ReviewContext) -> Claim | None:
    """Claim the case that waits first, or now and then a blind one in its place.

    Where somebody else was quicker, the next one is tried.
    """
    for attempt in range(_TRIES):
        if waiting is None:
            return None
        taken = None
        if attempt == 0:
            taken = context.blind_looks.claim_blind(connection, query, claim_id=new_id(), policy=context.policy)
        taken = taken or grant(connection, waiting, reviewer_id=query.reviewer_id, policy=context.policy)
        if taken is not None:
            return taken
        waiting = next_waiting(connection, query)
    return None
