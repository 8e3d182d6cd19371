"""What a decision came to, for the stages that carry out its effects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select

from pipeline.kernel.errors import NotFound
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.policy.mail_templates import template_of_decision
from pipeline.submission import lifecycle
from pipeline.submission.chances import chances_left
from pipeline.submission.lifecycle import Emission, Transition
from pipeline.submission.mail_contract import FreezeMail, SubmissionMail
from pipeline.submission.tables import STANDING, decision, submission
from pipeline.tasks import ledger
from pipeline.tasks.rules import SEND_MAIL, UNLOCK_STAGE


@dataclass(frozen=True, slots=True)
class Result:
    """A decision and the submission that it closed. `sequence` grows with each submission that was accepted."""

    decision_id: UUID
    submission_id: UUID
    member_id: str
    kind: str
    stage: str | None
    verdict: str
    sequence: int
    correlation_id: str


def result_of(connection: Connection, decision_id: UUID) -> Result:
    """The result that a decision recorded. Raises NotFound, also where it was undone: then nothing follows from it."""
    columns = (
        submission.c.member_id,
        submission.c.kind,
        submission.c.stage,
        submission.c.sequence,
        submission.c.correlation_id,
    )
    row = (
        connection.execute(
            select(decision.c.id.label("decision_id"), decision.c.submission_id, decision.c.verdict, *columns)
            .join(submission, submission.c.id == decision.c.submission_id)
            .where(decision.c.id == decision_id, STANDING)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound(f"There is no decision {decision_id}, or it was undone.")
    return Result(**row)


EVENTS: Final[Mapping[str, Transition]] = {
    "approve": Transition.APPROVED,
    "reject": Transition.REJECTED,
    "better_file": Transition.SENT_BACK,
}

_EFFECTS: Final = {"approve": UNLOCK_STAGE, "reject": SEND_MAIL}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule came to: the rule's name, the verdict, the codes of its reasons, and the facts that it rests on."""

    rule: str
    verdict: Literal["approve", "reject"]
    reasons: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def record_ruling(
    connection: Connection, subject: Row[Any], ruling: Ruling, *, policy: Policy, freeze_mail: FreezeMail
) -> UUID:
    """End a verification by a rule, with its mail and its effect, in the caller's transaction. Gives the decision's id.

    Raises AlreadyThere or NotAllowed where the submission has ended meanwhile.
    """
    decision_id = new_id()
    detail = {"decision_id": str(decision_id), "reasons": list(ruling.reasons)}
    lifecycle.transition(
        connection,
        subject.id,
        EVENTS[ruling.verdict],
        actor=ruling.rule,
        detail=detail,
        emission=Emission(decision_id, reasons=ruling.reasons),
    )
    connection.execute(insert(decision).values(_row(decision_id, subject, ruling, policy)))
    left = chances_left(
        connection,
        member_id=subject.member_id,
        method=subject.method,
        stage=subject.stage,
        limit=policy.attempts.per_method,
    )
    mail = SubmissionMail(
        cause_id=decision_id,
        template=template_of_decision(kind=subject.kind, verdict=ruling.verdict),
        submission_id=subject.id,
        member_id=subject.member_id,
        stage=subject.stage,
        chances_left=left,
        chance=subject.chance,
        sentences=tuple(policy.sentence(code, kind=subject.kind, verdict=ruling.verdict) for code in ruling.reasons),
    )
    freeze_mail(connection, mail)
    ledger.record(connection, _EFFECTS[ruling.verdict], decision_id, trace=subject.correlation_id)
    return decision_id


def _row(decision_id: UUID, subject: Row[Any], ruling: Ruling, policy: Policy) -> dict[str, Any]:
    return {
        "id": decision_id,
        "submission_id": subject.id,
        "rule": ruling.rule,
        "verdict": ruling.verdict,
        "reasons": list(ruling.reasons),
        "checklist": {},
        "facts": {ruling.rule: dict(ruling.facts)} if ruling.facts else {},
        "policy_version": policy.version,
        "effects_at": func.now(),
    }
