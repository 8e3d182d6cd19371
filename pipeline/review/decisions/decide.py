"""Decide: close the claim, and record what it comes to: a decision with its effects, or an opinion that waits for another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, bindparam, select

from pipeline.kernel.database import Database
from pipeline.kernel.errors import Invalid, NotAllowed
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.policy import Policy
from pipeline.review.actions import Action, require_action
from pipeline.review.claims.grant import allowed_with, end_claim, saying_what_became
from pipeline.review.claims.lookup import case_of_claim
from pipeline.review.decisions.four_eyes import record_opinion, standing_opinions
from pipeline.review.decisions.record import record_result
from pipeline.review.decisions.rules.four_eyes import Course, course
from pipeline.review.decisions.rules.validation import Subject, decision_problems
from pipeline.review.quality.answers import record_answer
from pipeline.submission.mail_contract import FreezeMail, WithdrawMail
from pipeline.submission.tables import material
from schemas.decisions import Decided, DecisionRequest

log = structlog.get_logger()

_FILES: Final = select(material.c.id, material.c.kind, material.c.upload_key).where(
    material.c.submission_id == bindparam("of")
)


@dataclass(frozen=True, slots=True)
class Desk:
    """What deciding and undoing need: the database, the policy, and how a mail is frozen and taken back."""

    db: Database
    policy: Policy
    freeze_mail: FreezeMail
    withdraw_mail: WithdrawMail


def decide(
    claim_id: UUID, command: DecisionRequest, *, reviewer_id: str, desk: Desk, request: Once | None = None
) -> Decided:
    """Record a verdict on a claimed case; the effects of a decision leave after the undo window.

    Where two people must agree, the first verdict and one that differs from it are opinions, and the case waits for the next
    person. Raises Invalid (with every problem), Forbidden, ClaimExpired, Stale, AlreadyThere, NotAllowed, NotFound,
    IdempotencyKeyReused.
    """
    with desk.db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return Decided.model_validate(earlier)
        case = case_of_claim(connection, claim_id, reviewer_id, lock=True)
        files = connection.execute(_FILES, {"of": case.id}).all()
        view = Subject(case.kind, case.identity, {each.id: each.kind for each in files})
        if problems := decision_problems(command, view, desk.policy):
            raise Invalid(problems)
        allowed = allowed_with(case, files)
        answer = _record(connection, claim_id, command, case, allowed, reviewer_id=reviewer_id, desk=desk)
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


def _record(
    connection: Connection,
    claim_id: UUID,
    command: DecisionRequest,
    case: Row[Any],
    allowed: Sequence[Action],
    *,
    reviewer_id: str,
    desk: Desk,
) -> Decided:
    end_claim(connection, claim_id, command.token, reviewer_id=reviewer_id, state="decided", fence=command.fence)
    require_action(Action(command.verdict), allowed)
    given = _given(claim_id, command, reviewer_id=reviewer_id, submission_id=case.id, policy=desk.policy)
    if case.check_id is not None:
        return record_answer(connection, given, case, version=command.version, policy=desk.policy)
    others = standing_opinions(connection, case.id)
    if reviewer_id in {each.reviewer_id for each in others}:
        raise NotAllowed("You have said what you think of this case; it needs another person. Claim the next case.")
    needs_two = desk.policy.needs_two(kind=case.kind, stage=case.stage)
    where = course(command.verdict, needs_two=needs_two, opinions=[each.verdict for each in others])
    with saying_what_became(connection, case):
        if where is Course.FINAL:
            return record_result(connection, given, command, case, policy=desk.policy, freeze_mail=desk.freeze_mail)
        return record_opinion(connection, given, command, case, where)


def _given(
    claim_id: UUID, command: DecisionRequest, *, reviewer_id: str, submission_id: UUID, policy: Policy
) -> Mapping[str, Any]:
    """What the reviewer said, as decisions and opinions keep it."""
    return {
        "submission_id": submission_id,
        "claim_id": claim_id,
        "reviewer_id": reviewer_id,
        "verdict": command.verdict,
        "reasons": list(command.reasons),
        "checklist": {str(each.material_id): dict(each.checklist) for each in command.materials},
        "facts": {str(each.material_id): dict(each.facts) for each in command.materials if each.facts},
        "message": command.message,
        "note": command.note,
        "policy_version": policy.version,
    }
