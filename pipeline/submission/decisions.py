from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select

from pipeline.kernel import credentials
from pipeline.kernel.credentials import Credential
from pipeline.kernel.errors import NotFound
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.policy.mail_templates import template_of_decision
from pipeline.submission import lifecycle
from pipeline.submission.chances import chances_of
from pipeline.submission.lifecycle import Emission, Transition
from pipeline.submission.mail_contract import FreezeMail, SubmissionMail
from pipeline.submission.tables import STANDING, decision, submission
from pipeline.tasks import ledger
from pipeline.tasks.rules import PUBLISH_AVATAR, SEND_MAIL, UNLOCK_STAGE, Kind
from schemas.decisions import Decided


@dataclass(frozen=True, slots=True)
class Person:
    """A reviewer, with the claim under which they decide, and the credential by which they do."""

    reviewer_id: str
    claim_id: UUID
    credential: Credential | None = field(default_factory=credentials.present)

    def columns(self) -> dict[str, Any]:
        """As a table keeps it that has the columns of a verdict."""
        used = self.credential.shown() if self.credential is not None else None
        return {"claim_id": self.claim_id, "reviewer_id": self.reviewer_id, "credential": used}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the pipeline, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a submission, and by whom. `checklist` and `facts` are by material, or by rule where a rule decides."""

    verdict: str
    decided_by: Person | Rule
    reasons: tuple[str, ...] = ()
    checklist: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    message: str | None = None
    note: str | None = None

    @property
    def actor(self) -> str:
        """Who decided, as the history names them."""
        return self.decided_by.name if isinstance(self.decided_by, Rule) else self.decided_by.reviewer_id

    def columns(self) -> dict[str, Any]:
        """As a table keeps it that has the columns of a verdict."""
        by = self.decided_by
        who = {"rule": by.name} if isinstance(by, Rule) else by.columns()
        said = {"verdict": self.verdict, "reasons": list(self.reasons), "message": self.message, "note": self.note}
        return {**who, **said, "checklist": dict(self.checklist), "facts": dict(self.facts)}


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from a verdict: the transition, and for each kind of submission the first effect."""

    transition: Transition
    effect: Mapping[str, Kind]


CONSEQUENCES: Final[Mapping[str, Consequence]] = {
    "approve": Consequence(
        Transition.APPROVED,
        {"avatar": PUBLISH_AVATAR, "verification": UNLOCK_STAGE},
    ),
    "reject": Consequence(
        Transition.REJECTED,
        {"avatar": SEND_MAIL, "verification": SEND_MAIL},
    ),
    "better_file": Consequence(
        Transition.SENT_BACK,
        {"avatar": SEND_MAIL, "verification": SEND_MAIL},
    ),
}
"""By verdict. The mail of an approval is sent after its first effect, so that it says only what is already true."""


def record_decision(
    connection: Connection,
    subject: Row[Any],
    judgement: Judgement,
    *,
    policy: Policy,
    freeze_mail: FreezeMail,
    version: int | None = None,
) -> Decided:
    """Record a decision in the caller's transaction, with its transition, its frozen mail and its first effect.

    What a person decides takes effect after the undo window, what a rule decides at once. `version` is what a person looked at.
    Raises Stale, AlreadyThere, NotAllowed.
    """
    decision_id = new_id()
    consequence = CONSEQUENCES[judgement.verdict]
    undo_seconds = policy.review.undo_window_seconds if isinstance(judgement.decided_by, Person) else 0
    state = lifecycle.transition(
        connection,
        subject.id,
        consequence.transition,
        actor=judgement.actor,
        version=version,
        detail={"decision_id": str(decision_id), "reasons": list(judgement.reasons)},
        emission=Emission(decision_id, undo_seconds, judgement.reasons),
    )
    row = connection.execute(
        insert(decision)
        .values(id=decision_id, submission_id=subject.id, policy_version=policy.version, **judgement.columns())
        .values(effects_at=func.now() + timedelta(seconds=undo_seconds))
        .returning(decision.c.decided_at, decision.c.effects_at)
    ).one()
    freeze_mail(connection, result_mail(connection, decision_id, subject, judgement, policy))
    effect = consequence.effect[subject.kind]
    ledger.record(connection, effect, decision_id, trace=subject.correlation_id, delay_seconds=undo_seconds)
    return Decided(
        id=decision_id,
        submission_id=subject.id,
        verdict=judgement.verdict,
        state=state,
        decided_at=row.decided_at,
        effects_at=row.effects_at,
    )


def result_mail(
    connection: Connection, cause_id: UUID, subject: Row[Any], judgement: Judgement, policy: Policy
) -> SubmissionMail:
    """The mail of a decision on a submission, which holds the chance that a rejection spends. An avatar has no chances (DOMAIN §7.3)."""
    left, pending = None, 0
    if subject.kind != "avatar":
        method = {"member_id": subject.member_id, "method": subject.method, "stage": subject.stage}
        taken = chances_of(connection, **method, judged=subject.id)
        left, pending = taken.left_of(policy.attempts.per_method), taken.pending
    return SubmissionMail(
        cause_id=cause_id,
        template=template_of_decision(kind=subject.kind, verdict=judgement.verdict),
        submission_id=subject.id,
        member_id=subject.member_id,
        stage=subject.stage,
        chances_left=left,
        chances_pending=pending,
        chance=subject.chance,
        message=judgement.message,
        sentences=tuple(
            policy.sentence(code, kind=subject.kind, verdict=judgement.verdict) for code in judgement.reasons
        ),
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that stands, and the submission that it closed. `sequence` grows with each submission that was accepted.

    `policy_version` is that of the policy in force when it was made.
    """

    decision_id: UUID
    submission_id: UUID
    member_id: str
    service: str
    kind: str
    stage: str | None
    method: str | None
    chance: int | None
    verdict: str
    message: str | None
    policy_version: str
    sequence: int
    correlation_id: str


_CLOSED: Final = ("member_id", "service", "kind", "stage", "method", "chance", "sequence", "correlation_id")


def standing_decision(connection: Connection, decision_id: UUID) -> Decision:
    """The decision with its submission. Raises NotFound, also where it was undone: then nothing follows from it."""
    said = (decision.c[name] for name in ("submission_id", "verdict", "message", "policy_version"))
    query = (
        select(decision.c.id.label("decision_id"), *said, *(submission.c[name] for name in _CLOSED))
        .join(submission, submission.c.id == decision.c.submission_id)
        .where(decision.c.id == decision_id, STANDING)
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no decision {decision_id}, or it was undone.")
    return Decision(**row)
