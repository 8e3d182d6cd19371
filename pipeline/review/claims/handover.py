from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, update

from pipeline.access.staff.rules.roles import roles_with
from pipeline.access.staff.tables import reviewer
from pipeline.kernel.errors import ColleagueNotEligible
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.policy import Policy
from pipeline.review.actions import RIGHT_FOR, Action, require_action
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.grant import Offer, as_claim, audit_claim, end_claim, grant, lease_from_now
from pipeline.review.claims.lookup import (
    LIVE,
    allowed_for,
    case_of_claim,
    hold_person,
    live_claim,
    refuse_claim,
    require_open,
    reviewer_below_cap,
)
from pipeline.review.claims.next_case import ClaimQuery
from pipeline.review.claims.ties import UNTIED
from pipeline.review.tables import OFFERED, ON_MEMBERS_CASES, claim
from pipeline.submission.lifecycle import Queue
from pipeline.submission.tables import submission
from schemas.claims import Claim, Colleague, HandedOver, HandOverRequest

log = structlog.get_logger()


def hand_over(
    claim_id: UUID,
    command: HandOverRequest,
    *,
    reviewer_id: str,
    context: ReviewContext,
    request: Once | None = None,
) -> HandedOver:
    """Offer the case to one colleague. Raises ColleagueNotEligible, ClaimExpired, Forbidden, NotFound."""
    with context.db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return HandedOver.model_validate(earlier)
        hold_person(connection, command.colleague)
        case = case_of_claim(connection, claim_id, reviewer_id, lock=True)
        require_action(Action.HAND_OVER, allowed_for(connection, case))
        require_open(connection, case)
        ended = end_claim(connection, claim_id, command.token, reviewer_id=reviewer_id, state="handed_over")
        audit_claim(connection, ended, "claim.handed_over", {"to": command.colleague})
        if not _eligible(connection, case, reviewer_id, context, only=command.colleague):
            raise ColleagueNotEligible(
                f"{command.colleague} may not have this case. Choose one of the colleagues that it lists."
            )
        offered = grant(
            connection,
            case.id,
            reviewer_id=command.colleague,
            policy=context.policy,
            offer=Offer(reviewer_id, command.note),
            check_id=case.check_id,
        )
        assert offered is not None  # noqa: S101  (the case is locked, and its claim has just ended)
        answer = HandedOver(submission_id=case.id, colleague=command.colleague, until=offered.lease_until)
        remember(connection, request, answer.model_dump(mode="json"))
    log.info("claim.handed_over", submission_id=str(case.id), reviewer=reviewer_id, colleague=command.colleague)
    return answer


def take_up(claim_id: UUID, *, reviewer_id: str, context: ReviewContext) -> Claim:
    """Accept what a colleague offers. Raises ClaimCapReached, ClaimExpired, NotFound."""
    with context.db.begin() as connection:
        reviewer_below_cap(connection, reviewer_id, context.policy)
        live_claim(connection, claim_id, reviewer_id=reviewer_id)
        taken = _take_up(connection, claim.c.id == claim_id, reviewer_id=reviewer_id, policy=context.policy)
        if taken is None:
            refuse_claim(connection, claim_id, reviewer_id)
    log.info("claim.taken_up", submission_id=str(taken.submission_id), claim_id=str(claim_id), reviewer=reviewer_id)
    return taken


def take_up_next(connection: Connection, query: ClaimQuery, *, policy: Policy) -> Claim | None:
    """What was offered first to a reviewer who asks for a case; None where nothing is."""
    wanted = [or_(submission.c.queue.in_(query.queues), ~ON_MEMBERS_CASES)]
    if query.kinds:
        wanted.append(submission.c.kind.in_(query.kinds))
    first = (
        select(claim.c.id)
        .join(submission, submission.c.id == claim.c.submission_id)
        .join(reviewer, reviewer.c.id == claim.c.reviewer_id)
        .where(claim.c.reviewer_id == query.reviewer_id, LIVE, OFFERED, *wanted, *UNTIED)
        .order_by(claim.c.fence)
        .limit(1)
    )
    return _take_up(connection, claim.c.id.in_(first), reviewer_id=query.reviewer_id, policy=policy)


def colleagues(claim_id: UUID, *, reviewer_id: str, context: ReviewContext) -> tuple[Colleague, ...]:
    """To whom the case may be handed, by id. Raises NotFound."""
    with context.db.read() as connection:
        live_claim(connection, claim_id, reviewer_id=reviewer_id)
        case = case_of_claim(connection, claim_id, reviewer_id)
        found = _eligible(connection, case, reviewer_id, context)
    return tuple(Colleague(id=row.id, name=row.name or row.id, languages=tuple(row.languages)) for row in found)


def _take_up(connection: Connection, which: ColumnElement[bool], *, reviewer_id: str, policy: Policy) -> Claim | None:
    now = func.now()
    row = connection.execute(
        update(claim)
        .where(which, claim.c.reviewer_id == reviewer_id, LIVE, OFFERED)
        .values(accepted_at=now, claimed_at=now, lease_until=lease_from_now(policy))
        .returning(claim)
    ).one_or_none()
    if row is None:
        return None
    audit_claim(connection, row, "claim.taken_up", {"from": row.offered_by})
    return as_claim(row)


def _eligible(
    connection: Connection, case: Row[Any], reviewer_id: str, context: ReviewContext, *, only: str | None = None
) -> Sequence[Row[Any]]:
    """Who has the role for the case's queue, is not the member or related, has not skipped it, and has no opinion of it yet."""
    roles = [role.value for role in roles_with(RIGHT_FOR[Queue(case.queue)])]
    theirs = [] if only is None else [reviewer.c.id == only]
    excluded = context.blind_looks.excluded(connection, case.check_id) if case.check_id is not None else ()
    query = (
        select(reviewer)
        .select_from(reviewer.join(submission, submission.c.id == case.id))
        .where(
            reviewer.c.disabled_at.is_(None),
            reviewer.c.id.not_in([reviewer_id, *excluded]),
            reviewer.c.roles.overlap(roles),
            *UNTIED,
            *theirs,
        )
    )
    return connection.execute(query.order_by(reviewer.c.id)).all()
