"""What upstream reads of submissions: one with everything, or a page of many."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from pipeline.audit import audit
from pipeline.avatar.rules import OUTDATED, PUBLISHED
from pipeline.database import Database
from pipeline.errors import Invalid, NotFound, Problem
from pipeline.lifecycle import State
from pipeline.membership.tables import ground
from pipeline.notification.tables import mail
from pipeline.policy import Policy
from pipeline.shown import due_view, findings_of
from pipeline.tables import STANDING, decision, material, submission
from schemas.submissions import (
    DecisionView,
    EffectView,
    MaterialView,
    ReasonView,
    StepView,
    SubmissionLine,
    SubmissionPage,
    SubmissionView,
)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which submissions to list; None means any."""

    member_id: str | None = None
    kind: str | None = None
    state: str | None = None
    stage: str | None = None
    correlation_id: str | None = None


def submission_of(submission_id: UUID, *, db: Database, policy: Policy) -> SubmissionView:
    """All that upstream may know of one submission. Raises NotFound."""
    with db.read() as connection:
        row = connection.execute(select(submission).where(submission.c.id == submission_id)).one_or_none()
        if row is None:
            raise NotFound(f"There is no submission {submission_id}.")
        files = connection.execute(
            select(material).where(material.c.submission_id == submission_id).order_by(material.c.position)
        ).all()
        findings = findings_of(connection, submission_id)
        decided = connection.execute(
            select(decision).where(decision.c.submission_id == submission_id, STANDING)
        ).one_or_none()
        effects = _effects(connection, row, decided)
        history = _history(connection, submission_id)
    return SubmissionView(
        id=row.id,
        kind=row.kind,
        method=row.method,
        stage=row.stage,
        identity=row.identity,
        member_id=row.member_id,
        state=row.state,
        version=row.version,
        door=row.door,
        accepted_at=row.accepted_at,
        closed_at=row.closed_at,
        due=due_view(row),
        chance=row.chance,
        superseded_by=row.superseded_by,
        findings=findings,
        materials=tuple(_material_view(each) for each in files),
        decision=_decision_view(decided, row.kind, policy) if decided else None,
        effects=effects,
        history=history,
        policy_version=row.policy_version,
        correlation_id=row.correlation_id,
    )


def submissions(filters: Filters, *, cursor: str | None, limit: int, db: Database) -> SubmissionPage:
    """A page of submissions, the latest first. Raises Invalid for an unknown state or a cursor that is not ours."""
    if filters.state is not None and filters.state not in list(State):
        raise Invalid([Problem("state", "unknown_state", f"Use one of {', '.join(State)}.")])
    query = select(submission).order_by(submission.c.id.desc()).limit(limit + 1)
    for name in ("member_id", "kind", "state", "stage", "correlation_id"):
        if (wanted := getattr(filters, name)) is not None:
            query = query.where(submission.c[name] == wanted)
    if cursor is not None:
        query = query.where(submission.c.id < _decoded(cursor))
    with db.read() as connection:
        rows = connection.execute(query).all()
    return SubmissionPage(
        items=tuple(_line(row) for row in rows[:limit]),
        next_cursor=_encoded(rows[limit - 1].id) if len(rows) > limit else None,
    )


def _effects(connection: Connection, row: Row[Any], decided: Row[Any] | None) -> tuple[EffectView, ...]:
    """What follows from the result, each with how far it is; nothing while there is no result."""
    cause = decided.id if decided else row.id
    sent = connection.execute(select(mail.c.state, mail.c.sent_at).where(mail.c.cause_id == cause)).one_or_none()
    effects = []
    if decided is not None and decided.verdict == "approve":
        effects.append(_published(connection, row) if row.kind == "avatar" else _unlocked(connection, decided))
    if sent is not None:
        effects.append(EffectView(name="mail", state=sent.state, done_at=sent.sent_at))
    return tuple(effects)


def _history(connection: Connection, submission_id: UUID) -> tuple[StepView, ...]:
    """The moves of a submission, the earliest first. Who made them stays inside."""
    rows = connection.execute(
        select(audit.c.event, audit.c.to_state, audit.c.at)
        .where(audit.c.submission_id == submission_id, audit.c.to_state.is_not(None))
        .order_by(audit.c.id)
    )
    return tuple(StepView(event=row.event, state=row.to_state, at=row.at) for row in rows)


def _published(connection: Connection, row: Row[Any]) -> EffectView:
    """Done once it was published, or a later one was by then; it stays done when it is replaced."""
    told = (audit.c.submission_id == row.id, audit.c.event.in_((PUBLISHED, OUTDATED)))
    at = connection.execute(select(func.min(audit.c.at)).where(*told)).scalar_one()
    return EffectView(name="avatar_published", state="done" if at else "pending", done_at=at)


def _unlocked(connection: Connection, decided: Row[Any]) -> EffectView:
    """Done once the decision is among what unlocks the stage; it stays done when that is corrected later."""
    at = connection.execute(select(func.min(ground.c.at)).where(ground.c.cause_id == decided.id)).scalar_one()
    return EffectView(name="stage_unlocked", state="done" if at else "pending", done_at=at)


def _material_view(row: Row[Any]) -> MaterialView:
    return MaterialView.model_validate({name: getattr(row, name) for name in MaterialView.model_fields})


def _decision_view(row: Row[Any], kind: str, policy: Policy) -> DecisionView:
    reasons = tuple(ReasonView(code=code, text=policy.sentence(code, kind=kind)) for code in row.reasons)
    return DecisionView(
        id=row.id,
        verdict=row.verdict,
        decided_at=row.decided_at,
        reasons=reasons,
        message=row.message,
        facts=row.facts,
        policy_version=row.policy_version,
    )


def _line(row: Row[Any]) -> SubmissionLine:
    return SubmissionLine.model_validate({name: getattr(row, name) for name in SubmissionLine.model_fields})


def _encoded(submission_id: UUID) -> str:
    return base64.urlsafe_b64encode(submission_id.bytes).decode().rstrip("=")


def _decoded(cursor: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (ValueError, binascii.Error) as error:
        message = "This cursor is not one of ours. Use next_cursor of the page before, or leave it out."
        raise Invalid([Problem("cursor", "unknown_cursor", message)]) from error
