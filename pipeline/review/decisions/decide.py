from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, bindparam, select

from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.policy import Policy
from pipeline.review.actions import Action, require_action
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.grant import end_claim
from pipeline.review.claims.lookup import allowed_with, case_of_claim
from pipeline.review.claims.outcome import conflicts_with_outcome
from pipeline.review.decisions.four_eyes import four_eyes_of, record_opinion
from pipeline.review.decisions.rules import FourEyes, Subject, decision_problems
from pipeline.submission.accepted_policy import policy_of
from pipeline.submission.decisions import Judgement, Person, record_decision
from pipeline.submission.profile import has_profile
from pipeline.submission.tables import material
from schemas.decisions import Decided, DecisionRequest

log = structlog.get_logger()

_FILES: Final = select(material.c.id, material.c.kind, material.c.upload_key).where(
    material.c.submission_id == bindparam("of")
)


def decide(
    claim_id: UUID,
    command: DecisionRequest,
    *,
    reviewer_id: str,
    context: ReviewContext,
    request: Once | None = None,
) -> Decided:
    """Record a verdict on a claimed case; the effects of a decision leave after the undo window.

    Where two people must agree, the first verdict and one that differs from it are opinions, and the case waits for the next
    person. Raises Invalid (with every problem), Forbidden, NotIndependent, ClaimExpired, Stale, AlreadyThere, NotAllowed, NotFound,
    IdempotencyKeyReused.
    """
    with context.db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return Decided.model_validate(earlier)
        case = case_of_claim(connection, claim_id, reviewer_id, lock=True)
        policy = policy_of(connection, case.policy_version, present=context.policy)
        files = connection.execute(_FILES, {"of": case.id}).all()
        kinds = {each.id: each.kind for each in files}
        subject = Subject(case.kind, case.identity, kinds, has_profile(case.member))
        if problems := decision_problems(command, subject, policy, now=clock.now()):
            raise Invalid(problems)
        end_claim(connection, claim_id, command.token, reviewer_id=reviewer_id, state="decided", fence=command.fence)
        require_action(Action(command.verdict), allowed_with(case, files))
        judgement = judgement_of(command, Person(reviewer_id, claim_id))
        answer = _record(connection, case, judgement, version=command.version, policy=policy, context=context)
        remember(connection, request, answer.model_dump(mode="json"))
    log.info(
        "submission.decided",
        submission_id=str(case.id),
        decision_id=str(answer.id),
        verdict=command.verdict,
        waits_in=answer.waits_in,
        reviewer=reviewer_id,
        correlation_id=case.correlation_id,
    )
    return answer


def judgement_of(command: DecisionRequest, person: Person) -> Judgement:
    """What a request says of a case."""
    return Judgement(
        command.verdict,
        person,
        reasons=command.reasons,
        checklist={str(each.material_id): dict(each.checklist) for each in command.materials},
        facts={str(each.material_id): dict(each.facts) for each in command.materials if each.facts},
        message=command.message,
        note=command.note,
    )


def _record(
    connection: Connection,
    case: Row[Any],
    judgement: Judgement,
    *,
    version: int,
    policy: Policy,
    context: ReviewContext,
) -> Decided:
    if case.check_id is not None:
        return context.blind_looks.record_answer(connection, judgement, case, version=version, policy=policy)
    outcome = four_eyes_of(connection, case, judgement, policy)
    with conflicts_with_outcome(connection, case):
        if outcome is not FourEyes.FINAL:
            return record_opinion(connection, case, judgement, outcome, version=version, policy=policy)
        decided = record_decision(
            connection, case, judgement, policy=policy, freeze_mail=context.freeze_mail, version=version
        )
        context.blind_looks.sample(connection, decided.id, case, version=version, quality=policy.quality)
    return decided
