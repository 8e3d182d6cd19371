from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, insert

from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.review.actions import Action, require_action
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.grant import audit_claim, end_claim, skip_case
from pipeline.review.claims.lookup import allowed_for, case_of_claim
from pipeline.review.claims.outcome import conflicts_with_outcome
from pipeline.review.tables import escalation
from pipeline.submission import lifecycle
from pipeline.submission.lifecycle import Queue, Transition
from schemas.claims import EscalateRequest

log = structlog.get_logger()


def escalate(
    claim_id: UUID,
    command: EscalateRequest,
    *,
    reviewer_id: str,
    context: ReviewContext,
    request: Once | None = None,
) -> None:
    """End the claim and let the case wait in the seniors' queue; who escalated it is not offered it again.

    Raises Forbidden, ClaimExpired, NotAllowed, NotFound, IdempotencyKeyReused.
    """
    with context.db.begin() as connection:
        if earlier_answer(connection, request) is not None:
            return
        case = case_of_claim(connection, claim_id, reviewer_id, lock=True)
        require_action(Action.ESCALATE, allowed_for(connection, case))
        claimed = end_claim(connection, claim_id, command.token, reviewer_id=reviewer_id, state="escalated")
        if case.check_id is not None:
            context.blind_looks.record_escalation(connection, claimed, command.note, policy_version=case.policy_version)
        else:
            with conflicts_with_outcome(connection, case):
                _pass_on(connection, claimed, command.note)
        skip_case(connection, claimed, "escalated")
        audit_claim(connection, claimed, "claim.escalated")
        remember(connection, request, {"escalated": str(case.id)})
    log.info("case.escalated", submission_id=str(case.id), claim_id=str(claim_id), reviewer=reviewer_id)


def _pass_on(connection: Connection, claimed: Row[Any], note: str) -> None:
    lifecycle.transition(
        connection,
        claimed.submission_id,
        Transition.PASSED_ON,
        actor=claimed.reviewer_id,
        detail={"queue": Queue.SENIOR},
        queue=Queue.SENIOR,
    )
    case = {"submission_id": claimed.submission_id, "reviewer_id": claimed.reviewer_id}
    connection.execute(insert(escalation).values(claim_id=claimed.id, note=note, **case))
