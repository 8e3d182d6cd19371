"""The result of a review: the move, the decision that stands, its frozen mail, and the first effect after the undo window."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert

from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.review.decisions.mail import result_mail
from pipeline.review.quality.sampling import draw
from pipeline.submission import lifecycle
from pipeline.submission.decisions import EVENTS
from pipeline.submission.lifecycle import Emission
from pipeline.submission.mail_contract import FreezeMail
from pipeline.submission.tables import decision
from pipeline.tasks import ledger
from pipeline.tasks.rules import PUBLISH_AVATAR, SEND_MAIL, UNLOCK_STAGE, Kind
from schemas.decisions import Decided, DecisionRequest


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
    state = lifecycle.transition(
        connection,
        subject.id,
        EVENTS[command.verdict],
        actor=given["reviewer_id"],
        version=command.version,
        detail={"decision_id": str(decision_id), "reasons": list(command.reasons)},
        emission=Emission(decision_id, undo, tuple(command.reasons)),
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
