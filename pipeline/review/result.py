"""The result of a review: the move, the decision that stands, its frozen mail, and the first effect after the undo window."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert

from pipeline import lifecycle
from pipeline.chances import chances_left
from pipeline.ids import new_id
from pipeline.lifecycle import Told
from pipeline.mails import FreezeMail, ResultMail
from pipeline.policy import Policy
from pipeline.review.quality.sample import draw
from pipeline.review.verdicts import EVENTS
from pipeline.tables import decision
from pipeline.tasks import ledger
from pipeline.tasks.rules import PUBLISH_AVATAR, SEND_MAIL, UNLOCK_STAGE, Kind
from schemas.review import Decided, DecisionRequest

_OUTCOMES: Final = {"approve": "approved", "reject": "rejected"}


def record_result(
    connection: Connection,
    given: Mapping[str, Any],
    command: DecisionRequest,
    subject: Row[Any],
    *,
    policy: Policy,
    freeze_mail: FreezeMail,
) -> Decided:
    """Record the decision in the caller's transaction. Raises Stale, AlreadyThere, NotAllowed."""
    decision_id = new_id()
    undo = policy.review.undo_window_seconds
    state = lifecycle.move(
        connection,
        subject.id,
        EVENTS[command.verdict],
        actor=given["reviewer_id"],
        version=command.version,
        detail={"decision_id": str(decision_id), "reasons": list(command.reasons)},
        told=Told(decision_id, undo, tuple(command.reasons)),
    )
    row = connection.execute(
        insert(decision)
        .values({**given, "id": decision_id, "effects_at": func.now() + timedelta(seconds=undo)})
        .returning(decision.c.decided_at, decision.c.effects_at)
    ).one()
    draw(connection, decision_id, subject=subject, version=command.version, quality=policy.quality)
    freeze_mail(connection, result_mail(connection, decision_id, command, subject, policy))
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
    if verdict != "approve":
        return SEND_MAIL
    return PUBLISH_AVATAR if kind == "avatar" else UNLOCK_STAGE


def template_of(kind: str, verdict: str) -> str:
    """The mail that tells it."""
    return verdict if verdict == "better_file" else f"{kind}_{_OUTCOMES[verdict]}"


def result_mail(
    connection: Connection, decision_id: UUID, command: DecisionRequest, subject: Row[Any], policy: Policy
) -> ResultMail:
    """What the mail of this decision may say."""
    return ResultMail(
        cause_id=decision_id,
        template=template_of(subject.kind, command.verdict),
        submission_id=subject.id,
        member_id=subject.member_id,
        stage=subject.stage,
        chances_left=_chances_left(connection, subject, policy),
        chance=subject.chance,
        message=command.message,
        sentences=tuple(policy.sentence(code, kind=subject.kind) for code in command.reasons),
    )


def _chances_left(connection: Connection, subject: Row[Any], policy: Policy) -> int | None:
    """How many chances remain for this method and stage (DOMAIN §7.3); None for an avatar, which has no such limit."""
    if subject.kind == "avatar":
        return None
    return chances_left(
        connection,
        member_id=subject.member_id,
        method=subject.method,
        stage=subject.stage,
        limit=policy.attempts.per_method,
    )
