"""Golden cases: decided cases whose right verdict a lead has given; each reviewer gets them once, blind."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff.relations import related_members, require_unrelated
from pipeline.kernel.database import took_effect
from pipeline.kernel.errors import AlreadyThere, Conflict, Invalid, NotFound
from pipeline.kernel.ids import new_id
from pipeline.review.claims.context import ReviewContext
from pipeline.review.decisions.rules import reason_problems
from pipeline.review.quality.rules.sampling import Agreement, Said, compare
from pipeline.review.tables import ANSWER_STANDING, answer, check, golden
from pipeline.submission import audit
from pipeline.submission.accepted_policy import policy_of
from pipeline.submission.profile import has_profile
from pipeline.submission.tables import STANDING, decision, submission
from schemas.quality import GoldenRequest, GoldenView

log = structlog.get_logger()


class NotDecided(Conflict):
    """No person has decided the case for good, so there is nothing to look at again."""

    code = "not_decided"


def mark(request: GoldenRequest, *, by: str, context: ReviewContext) -> UUID:
    """Make a decided case golden; nothing changes for its member. Raises NotFound, Forbidden, Invalid, NotDecided, AlreadyThere."""
    with context.db.begin() as connection:
        subject = _decided(connection, request.submission_id)
        require_unrelated(connection, by, subject.member_id)
        own = policy_of(connection, subject.policy_version, present=context.policy)
        asked = {"kind": subject.kind, "verdict": "reject", "profile": has_profile(subject.member)}
        known = {**own.reasons_for(**asked), **context.policy.reasons_for(**asked)}
        if wrong := tuple(reason_problems(request.verdict, request.reasons, known)):
            raise Invalid(wrong)
        golden_id = new_id()
        values = {
            "id": golden_id,
            "submission_id": subject.id,
            "decision_id": subject.decision_id,
            "version": _version_seen(connection, subject),
            "queue": subject.kind,
            "verdict": request.verdict,
            "reasons": list(request.reasons),
            "note": request.note,
            "marked_by": by,
        }
        if not took_effect(connection, insert(golden).values(values).on_conflict_do_nothing()):
            raise AlreadyThere("This case is golden already. Retire it first to change what is right.")
        _audit(connection, "golden.marked", subject.id, by, golden_id)
    return golden_id


def retire(golden_id: UUID, *, by: str, context: ReviewContext) -> None:
    """Retire a golden case: no reviewer gets it any more; its answers still count. Raises NotFound."""
    with context.db.begin() as connection:
        row = connection.execute(
            update(golden)
            .where(golden.c.id == golden_id, golden.c.retired_at.is_(None))
            .values(retired_at=func.now())
            .returning(golden)
        ).one_or_none()
        if row is None:
            raise NotFound(f"There is no golden case {golden_id} that is still given out.")
        _audit(connection, "golden.retired", row.submission_id, by, golden_id)


def golden_cases(*, by: str | None = None, context: ReviewContext) -> tuple[GoldenView, ...]:
    """All golden cases, the latest first, with how they were answered; for a lead, without those of members they have to do with."""
    final = (answer.c.check_id == check.c.id) & ANSWER_STANDING & (answer.c.effects_at <= func.now())
    query = (
        select(golden, answer.c.verdict.label("said"), answer.c.reasons.label("because"), submission.c.member_id)
        .join(submission, submission.c.id == golden.c.submission_id)
        .outerjoin(check, check.c.golden_id == golden.c.id)
        .outerjoin(answer, final)
        .order_by(golden.c.id.desc())
    )
    with context.db.read() as connection:
        hidden = related_members(connection, by) if by is not None else frozenset()
        rows = [row for row in connection.execute(query) if row.member_id not in hidden]
    by_case: dict[UUID, list[Row[Any]]] = {}
    for row in rows:
        by_case.setdefault(row.id, []).append(row)
    return tuple(_view(each) for each in by_case.values())


def _decided(connection: Connection, submission_id: UUID) -> Row[Any]:
    row = connection.execute(
        select(submission, decision.c.id.label("decision_id"), (decision.c.effects_at <= func.now()).label("final"))
        .outerjoin(
            decision, (decision.c.submission_id == submission.c.id) & STANDING & decision.c.reviewer_id.is_not(None)
        )
        .where(submission.c.id == submission_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no submission {submission_id}.")
    if not row.final:
        raise NotDecided(
            "No person has decided this case for good yet. Choose one whose decision cannot be undone any more."
        )
    return row


def _version_seen(connection: Connection, subject: Row[Any]) -> int:
    """The version that the one who decided looked at: the one before their move."""
    moved = (
        audit.audit.c.submission_id == subject.id,
        audit.audit.c.detail["decision_id"].astext == str(subject.decision_id),
        audit.audit.c.to_state.is_not(None),
    )
    version = connection.execute(select(func.min(audit.audit.c.version)).where(*moved)).scalar_one()
    return int(version or subject.version) - 1


def _view(rows: list[Row[Any]]) -> GoldenView:
    row = rows[0]
    right = Said(row.verdict, tuple(row.reasons))
    said = [Said(each.said, tuple(each.because)) for each in rows if each.said is not None]
    return GoldenView(
        **{name: getattr(row, name) for name in GoldenView.model_fields if name not in {"answered", "right"}},
        answered=len(said),
        right=sum(compare(each, right) is Agreement.AGREED for each in said),
    )


def _audit(connection: Connection, event: str, submission_id: UUID, by: str, golden_id: UUID) -> None:
    audit.write(connection, event, actor=by, submission_id=submission_id, detail={"golden_id": str(golden_id)})
    log.info(event, submission_id=str(submission_id), golden_id=str(golden_id), reviewer=by)
