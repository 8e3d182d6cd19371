"""Decide: close the claim, write decision, facts and history, freeze the mail, record the effects. One transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, insert, select

from pipeline import lifecycle
from pipeline.chances import chances_taken
from pipeline.database import Database
from pipeline.errors import Invalid
from pipeline.idempotency import Once, earlier_answer, remember
from pipeline.ids import new_id
from pipeline.lifecycle import Event, Told
from pipeline.mails import FreezeMail, ResultMail, WithdrawMail
from pipeline.policy import Policy
from pipeline.review.claims import end_claim, explain
from pipeline.review.quality.answers import record_answer
from pipeline.review.quality.sample import draw
from pipeline.review.rules import Subject, decision_problems
from pipeline.review.tables import claim
from pipeline.tables import decision, material, submission
from pipeline.tasks import ledger
from pipeline.tasks.rules import PUBLISH_AVATAR, SEND_MAIL, UNLOCK_STAGE, Kind
from schemas.review import Decided, DecisionRequest

log = structlog.get_logger()

EVENTS: Final = {"approve": Event.APPROVED, "reject": Event.REJECTED}


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
    """Record a decision on a claimed case; its effects leave after the undo window.

    Raises Invalid (with every problem), ClaimExpired, Stale, AlreadyThere, NotAllowed, NotFound, IdempotencyKeyReused.
    """
    subject, files = _load(desk.db, claim_id, reviewer_id)
    view = Subject(subject.kind, subject.identity, {each.id: each.kind for each in files})
    if problems := decision_problems(command, view, desk.policy):
        raise Invalid(problems)
    with desk.db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return Decided.model_validate(earlier)
        record = _record if subject.check_id is None else _answer
        answer = record(connection, claim_id, command, subject, reviewer_id=reviewer_id, desk=desk)
        remember(connection, request, answer.model_dump(mode="json"))
    log.info(
        "submission.decided",
        submission_id=str(subject.id),
        decision_id=str(answer.id),
        verdict=command.verdict,
        reviewer=reviewer_id,
        correlation_id=subject.correlation_id,
    )
    return answer


def _load(db: Database, claim_id: UUID, reviewer_id: str) -> tuple[Row[Any], Sequence[Row[Any]]]:
    with db.read() as connection:
        subject = connection.execute(
            select(submission, claim.c.check_id)
            .join(claim, claim.c.submission_id == submission.c.id)
            .where(claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id)
        ).one_or_none()
        if subject is None:
            explain(connection, claim_id, reviewer_id)
        files = connection.execute(select(material).where(material.c.submission_id == subject.id)).all()
    return subject, files


def _record(
    connection: Connection, claim_id: UUID, command: DecisionRequest, subject: Row[Any], *, reviewer_id: str, desk: Desk
) -> Decided:
    end_claim(connection, claim_id, command.token, reviewer_id=reviewer_id, state="decided", fence=command.fence)
    event = EVENTS[command.verdict]
    decision_id = new_id()
    detail = {"decision_id": str(decision_id), "reasons": list(command.reasons)}
    undo = desk.policy.review.undo_window_seconds
    told = Told(decision_id, undo, tuple(command.reasons))
    state = lifecycle.move(
        connection, subject.id, event, actor=reviewer_id, version=command.version, detail=detail, told=told
    )
    row = connection.execute(
        insert(decision)
        .values(
            submission_id=subject.id,
            **_decision_row(decision_id, claim_id, command, reviewer_id=reviewer_id, policy=desk.policy),
        )
        .values(effects_at=func.now() + timedelta(seconds=undo))
        .returning(decision.c.decided_at, decision.c.effects_at)
    ).one()
    _freeze(connection, decision_id, command, subject, desk)
    draw(
        connection,
        decision_id,
        submission_id=subject.id,
        version=command.version,
        queue=subject.kind,
        quality=desk.policy.quality,
    )
    kind = first_effect(subject.kind, command.verdict)
    ledger.record(connection, kind, decision_id, trace=subject.correlation_id, delay_seconds=undo)
    return Decided(
        id=decision_id,
        submission_id=subject.id,
        verdict=command.verdict,
        state=state,
        decided_at=row.decided_at,
        effects_at=row.effects_at,
    )


def _answer(
    connection: Connection, claim_id: UUID, command: DecisionRequest, subject: Row[Any], *, reviewer_id: str, desk: Desk
) -> Decided:
    """The answer to a blind case: it looks like a decision and nothing follows from it."""
    end_claim(connection, claim_id, command.token, reviewer_id=reviewer_id, state="decided", fence=command.fence)
    values = _decision_row(new_id(), claim_id, command, reviewer_id=reviewer_id, policy=desk.policy)
    return record_answer(connection, subject, values, version=command.version, policy=desk.policy)


def first_effect(kind: str, verdict: str) -> Kind:
    """What follows at once. The mail of an approval follows from its effect, so that it says only what is already true."""
    if verdict == "reject":
        return SEND_MAIL
    return PUBLISH_AVATAR if kind == "avatar" else UNLOCK_STAGE


def _decision_row(
    decision_id: UUID,
    claim_id: UUID,
    command: DecisionRequest,
    *,
    reviewer_id: str,
    policy: Policy,
) -> dict[str, Any]:
    return {
        "id": decision_id,
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


def _freeze(connection: Connection, decision_id: UUID, command: DecisionRequest, subject: Row[Any], desk: Desk) -> None:
    reasons = desk.policy.reasons_for(subject.kind)
    outcome = "approved" if command.verdict == "approve" else "rejected"
    mail = ResultMail(
        cause_id=decision_id,
        template=f"{subject.kind}_{outcome}",
        submission_id=subject.id,
        member_id=subject.member_id,
        stage=subject.stage,
        chances_left=_chances_left(connection, subject, desk.policy),
        chance=subject.chance,
        message=command.message,
        sentences=tuple(reasons[code].text for code in command.reasons),
    )
    desk.freeze_mail(connection, mail)


def _chances_left(connection: Connection, subject: Row[Any], policy: Policy) -> int | None:
    """How many chances remain for this method and stage (DOMAIN §7.3); None for an avatar, which has no such limit."""
    if subject.kind == "avatar":
        return None
    taken = chances_taken(connection, member_id=subject.member_id, method=subject.method, stage=subject.stage)
    return max(0, policy.attempts.per_method - len(taken))
