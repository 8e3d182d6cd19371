"""Decide: close the claim, write decision, facts and history, freeze the mail, record the effects. One transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, insert, select

from pipeline import lifecycle
from pipeline.database import Database
from pipeline.errors import Invalid
from pipeline.idempotency import Once, earlier_answer, remember
from pipeline.ids import new_id
from pipeline.lifecycle import Event, Told
from pipeline.mails import FreezeMail, WithdrawMail
from pipeline.policy import Policy
from pipeline.review.claims import end_claim, explain
from pipeline.review.result_mail import result_mail
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
        answer = _record(connection, claim_id, command, subject, reviewer_id=reviewer_id, desk=desk)
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
            select(submission)
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
            _decision_row(
                decision_id, claim_id, command, reviewer_id=reviewer_id, submission_id=subject.id, policy=desk.policy
            )
        )
        .values(effects_at=func.now() + timedelta(seconds=undo))
        .returning(decision.c.decided_at, decision.c.effects_at)
    ).one()
    _freeze(connection, decision_id, command, subject, desk)
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
    submission_id: UUID,
    policy: Policy,
) -> dict[str, Any]:
    return {
        "id": decision_id,
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


def _freeze(connection: Connection, decision_id: UUID, command: DecisionRequest, subject: Row[Any], desk: Desk) -> None:
    mail = result_mail(
        connection,
        decision_id,
        subject,
        command.verdict,
        reasons=command.reasons,
        message=command.message,
        policy=desk.policy,
    )
    desk.freeze_mail(connection, mail)
