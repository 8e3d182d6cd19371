"""Escalate: pass a case on to the seniors, with a note that says why."""

from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, insert

from pipeline.kernel.database import Database
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.review.actions import Action, require_action
from pipeline.review.claims.grant import allowed_for, end_claim, saying_what_became, skip_case, tell
from pipeline.review.claims.lookup import case_of_claim
from pipeline.review.quality.answers import pass_on_answer
from pipeline.review.tables import escalation
from pipeline.submission import lifecycle
from pipeline.submission.lifecycle import Transition
from pipeline.submission.queues import Queue
from schemas.claims import EscalateRequest

log = structlog.get_logger()


def escalate(
    claim_id: UUID, command: EscalateRequest, *, reviewer_id: str, db: Database, request: Once | None = None
) -> None:
    """End the claim and let the case wait in the seniors' queue; who escalated it is not offered it again.

    Raises Forbidden, ClaimExpired, NotAllowed, NotFound, IdempotencyKeyReused.
    """
    with db.begin() as connection:
        if earlier_answer(connection, request) is not None:
            return
        case = case_of_claim(connection, claim_id, reviewer_id, lock=True)
        require_action(Action.ESCALATE, allowed_for(connection, case))
        held = end_claim(connection, claim_id, command.token, reviewer_id=reviewer_id, state="escalated")
        if case.check_id is not None:
            pass_on_answer(connection, held, command.note, policy_version=case.policy_version)
        else:
            with saying_what_became(connection, case):
                _pass_on(connection, held, command.note)
        skip_case(connection, held, "escalated")
        tell(connection, held, "claim.escalated")
        remember(connection, request, {"escalated": str(case.id)})
    log.info("case.escalated", submission_id=str(case.id), claim_id=str(claim_id), reviewer=reviewer_id)


def _pass_on(connection: Connection, held: Row[tuple[object, ...]], note: str) -> None:
    lifecycle.transition(
        connection,
        held.submission_id,
        Transition.PASSED_ON,
        actor=held.reviewer_id,
        detail={"queue": Queue.SENIOR},
        queue=Queue.SENIOR,
    )
    row = {"claim_id": held.id, "submission_id": held.submission_id, "reviewer_id": held.reviewer_id, "note": note}
    connection.execute(insert(escalation).values(row))
