"""Hand a case to a colleague: theirs alone for a while, and then the queue's again."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Connection, Row, all_, exists, func, literal, or_, select, update

from pipeline.access.staff.rules.roles import roles_with
from pipeline.access.staff.tables import reviewer
from pipeline.kernel.database import Database
from pipeline.kernel.errors import ColleagueNotEligible
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.policy import Policy
from pipeline.review.actions import RIGHT_FOR, Action, require_action
from pipeline.review.claims.grant import (
    Offer,
    allowed_for,
    as_claim,
    end_claim,
    grant,
    lease_from_now,
    require_open,
    tell,
)
from pipeline.review.claims.lookup import LIVE, case_of_claim, desk_of, explain, hold_cap, locked_reviewer
from pipeline.review.claims.next_case import Seeker
from pipeline.review.quality.sampling import who_know
from pipeline.review.tables import OFFERED, ON_MEMBERS_CASES, claim, opinion, skip
from pipeline.submission.queues import Queue
from pipeline.submission.tables import submission
from schemas.claims import Claim, Colleague, HandedOver, HandOverRequest

log = structlog.get_logger()


def hand_over(
    claim_id: UUID,
    command: HandOverRequest,
    *,
    reviewer_id: str,
    db: Database,
    policy: Policy,
    request: Once | None = None,
) -> HandedOver:
    """Offer the case to one colleague. Raises ColleagueNotEligible, ClaimExpired, Forbidden, NotFound."""
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return HandedOver.model_validate(earlier)
        case = case_of_claim(connection, claim_id, reviewer_id, lock=True)
        require_action(Action.HAND_OVER, allowed_for(connection, case))
        require_open(connection, case)
        ended = end_claim(connection, claim_id, command.token, reviewer_id=reviewer_id, state="handed_over")
        tell(connection, ended, "claim.handed_over", {"to": command.colleague})
        if not _eligible(connection, case, reviewer_id, only=command.colleague):
            raise ColleagueNotEligible(
                f"{command.colleague} may not have this case. Choose one of the colleagues that it lists."
            )
        offer = Offer(reviewer_id, command.note)
        offered = grant(
            connection, case.id, reviewer_id=command.colleague, policy=policy, offer=offer, check_id=case.check_id
        )
        assert offered is not None  # noqa: S101  (the case is locked, and who held it has just given it up)
        answer = HandedOver(submission_id=case.id, colleague=command.colleague, until=offered.lease_until)
        remember(connection, request, answer.model_dump(mode="json"))
    log.info("claim.handed_over", submission_id=str(case.id), reviewer=reviewer_id, colleague=command.colleague)
    return answer


def take_up(claim_id: UUID, *, reviewer_id: str, db: Database, policy: Policy) -> Claim:
    """Accept what a colleague offers. Raises ClaimCapReached, ClaimExpired, NotFound."""
    with db.begin() as connection:
        locked_reviewer(connection, reviewer_id)
        hold_cap(desk_of(connection, reviewer_id).held, policy.review.claims_per_reviewer)
        taken = _take_up(connection, claim.c.id == claim_id, reviewer_id=reviewer_id, policy=policy)
        if taken is None:
            explain(connection, claim_id, reviewer_id)
    log.info("claim.taken_up", submission_id=str(taken.submission_id), claim_id=str(claim_id), reviewer=reviewer_id)
    return taken


def take_up_next(connection: Connection, seeker: Seeker, *, policy: Policy) -> Claim | None:
    """What was offered first to somebody who looks for a case; None where nothing is."""
    wanted = [or_(submission.c.queue.in_(seeker.queues), ~ON_MEMBERS_CASES)]
    if seeker.kinds:
        wanted.append(submission.c.kind.in_(seeker.kinds))
    first = (
        select(claim.c.id)
        .join(submission, submission.c.id == claim.c.submission_id)
        .where(claim.c.reviewer_id == seeker.reviewer_id, LIVE, OFFERED, *wanted)
        .order_by(claim.c.fence)
        .limit(1)
    )
    return _take_up(connection, claim.c.id.in_(first), reviewer_id=seeker.reviewer_id, policy=policy)


def colleagues(claim_id: UUID, *, reviewer_id: str, db: Database) -> tuple[Colleague, ...]:
    """To whom the case may be handed, by id. Raises NotFound."""
    with db.read() as connection:
        case = case_of_claim(connection, claim_id, reviewer_id)
        found = _eligible(connection, case, reviewer_id)
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
    tell(connection, row, "claim.taken_up", {"from": row.offered_by})
    return as_claim(row)


def _eligible(
    connection: Connection, case: Row[Any], reviewer_id: str, *, only: str | None = None
) -> Sequence[Row[Any]]:
    """Who has the role for the case's queue, is not the member or related, has not skipped it, and has no opinion of it yet."""
    roles = [role.value for role in roles_with(RIGHT_FOR[Queue(case.queue)])]
    theirs = [] if only is None else [reviewer.c.id == only]
    passed = exists(literal(1)).where(skip.c.submission_id == case.id, skip.c.reviewer_id == reviewer.c.id)
    thinks = exists(literal(1)).where(
        opinion.c.submission_id == case.id, opinion.c.reviewer_id == reviewer.c.id, opinion.c.undone_at.is_(None)
    )
    query = select(reviewer).where(
        reviewer.c.disabled_at.is_(None),
        reviewer.c.id.not_in([reviewer_id, case.member_id]),
        reviewer.c.roles.overlap(roles),
        literal(case.member_id) != all_(reviewer.c.related_members),
        ~passed,
        ~thinks,
        reviewer.c.id.not_in(who_know(connection, case.check_id)),
        *theirs,
    )
    return connection.execute(query.order_by(reviewer.c.id)).all()
