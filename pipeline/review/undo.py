"""Undo: a reviewer takes a decision of theirs back before any effect of it leaves, and has the case again."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, select, update

from pipeline import lifecycle
from pipeline.database import one_at_a_time
from pipeline.errors import AnotherAvatarOpen, NotFound
from pipeline.events.record import take_back
from pipeline.idempotency import Once, earlier_answer, remember
from pipeline.lifecycle import OPEN, Event
from pipeline.review import said
from pipeline.review.decide import Desk, first_effect
from pipeline.review.grant import grant
from pipeline.review.quality.answers import take_back_answer
from pipeline.tables import STANDING, decision, submission
from pipeline.tasks.recall import recall
from schemas.review import Claim

log = structlog.get_logger()


def undo(decision_id: UUID, *, reviewer_id: str, desk: Desk, request: Once | None = None) -> Claim:
    """Take a decision back; its submission is in review again and claimed by the same reviewer.

    Raises NotFound, AlreadyThere, UndoTooLate, AnotherAvatarOpen, IdempotencyKeyReused.
    """
    with desk.db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return Claim.model_validate(earlier)
        if (
            blind := take_back_answer(connection, decision_id, reviewer_id=reviewer_id, policy=desk.policy)
        ) is not None:
            remember(connection, request, blind.model_dump(mode="json"))
            return blind
        subject = _mine(connection, decision_id, reviewer_id)
        one_at_a_time(connection, f"member:{subject.member_id}")  # as accept does: a newer avatar comes before or after
        claim = _take_back(connection, subject, reviewer_id=reviewer_id, desk=desk)
        remember(connection, request, claim.model_dump(mode="json"))
    log.info(
        "decision.undone",
        submission_id=str(subject.submission_id),
        decision_id=str(decision_id),
        reviewer=reviewer_id,
        correlation_id=subject.correlation_id,
    )
    return claim


def _mine(connection: Connection, decision_id: UUID, reviewer_id: str) -> Row[Any]:
    """The decision with the submission that it closed. Raises NotFound where it is not this reviewer's."""
    row = connection.execute(
        select(decision, submission.c.member_id, submission.c.kind, submission.c.correlation_id)
        .join(submission, submission.c.id == decision.c.submission_id)
        .where(decision.c.id == decision_id, decision.c.reviewer_id == reviewer_id)
    ).one_or_none()
    if row is None:
        raise NotFound("You made no such decision. Only who made a decision can undo it.")
    return row


def _take_back(connection: Connection, decided: Row[Any], *, reviewer_id: str, desk: Desk) -> Claim:
    """Rows are locked in the order in which workers lock them: task, mail, submission."""
    _mark(connection, decided.id, reviewer_id)
    effect = first_effect(decided.kind, decided.verdict)
    if not (recall(connection, effect, decided.id) and take_back(connection, decided.id)):
        raise said.too_late(decided.submission_id)
    desk.withdraw_mail(connection, decided.id)
    if decided.kind == "avatar":
        _only_avatar(connection, decided)
    detail = {"decision_id": str(decided.id), "verdict": decided.verdict}
    lifecycle.move(connection, decided.submission_id, Event.REOPENED, actor=reviewer_id, detail=detail)
    claim = grant(connection, decided.submission_id, reviewer_id=reviewer_id, policy=desk.policy)
    assert claim is not None  # noqa: S101  (a closed case has no live claim, and it is locked until this commits)
    return claim


def _mark(connection: Connection, decision_id: UUID, reviewer_id: str) -> None:
    """The decision stays for the history. Raises AlreadyThere."""
    marked = connection.execute(
        update(decision)
        .where(decision.c.id == decision_id, STANDING)
        .values(undone_at=func.now(), undone_by=reviewer_id)
    )
    if marked.rowcount != 1:
        raise said.undone_already()


def _only_avatar(connection: Connection, decided: Row[Any]) -> None:
    """A member has one open avatar at most. Raises AnotherAvatarOpen where a newer one has come."""
    other = (submission.c.member_id == decided.member_id, submission.c.kind == "avatar", submission.c.state.in_(OPEN))
    found = connection.execute(select(submission.c.id).where(*other)).scalar_one_or_none()
    if found is not None:
        raise AnotherAvatarOpen(
            f"The member has another avatar under way (submission {found}), so this decision stands. Decide on that one."
        )
