"""Answers to blind cases: recorded and undone as a decision is, in the same words, and with no effect at all."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, insert, select, update

from pipeline import audit
from pipeline.errors import Stale
from pipeline.lifecycle import State
from pipeline.policy import Policy
from pipeline.review import said
from pipeline.review.grant import grant
from pipeline.review.quality.tables import STANDING, answer, check
from schemas.review import Claim, Decided

log = structlog.get_logger()

_STATES: Final = {"approve": State.APPROVED, "reject": State.REJECTED}


def record_answer(
    connection: Connection, subject: Row[Any], values: Mapping[str, Any], *, version: int, policy: Policy
) -> Decided:
    """Keep what was said of a blind case, in the caller's transaction. `values` is a decision's row. Raises Stale."""
    asked = connection.execute(select(check).where(check.c.id == subject.check_id).with_for_update()).one()
    if version != asked.version:
        raise Stale(f"The submission is at version {asked.version}; you looked at version {version}. Load it again.")
    until = func.now() + timedelta(seconds=policy.review.undo_window_seconds)
    row = connection.execute(
        insert(answer).values(**values, check_id=asked.id, effects_at=until).returning(answer)
    ).one()
    connection.execute(update(check).where(check.c.id == asked.id).values(answered_at=func.now()))
    _tell(connection, row, subject.id, "check.answered")
    return Decided(
        id=row.id,
        submission_id=subject.id,
        verdict=row.verdict,
        state=_STATES[row.verdict],
        decided_at=row.decided_at,
        effects_at=row.effects_at,
    )


def take_back_answer(connection: Connection, answer_id: UUID, *, reviewer_id: str, policy: Policy) -> Claim | None:
    """Take an answer back within its window and have the case again. None where there is no such answer of this reviewer.

    Raises AlreadyThere, UndoTooLate.
    """
    row = connection.execute(
        select(answer, check.c.submission_id, (answer.c.effects_at > func.now()).label("in_time"))
        .join(check, check.c.id == answer.c.check_id)
        .where(answer.c.id == answer_id, answer.c.reviewer_id == reviewer_id)
        .with_for_update(of=answer)
    ).one_or_none()
    if row is None:
        return None
    if row.undone_at is not None:
        raise said.undone_already()
    if not row.in_time:
        raise said.too_late(row.submission_id)
    connection.execute(update(answer).where(answer.c.id == answer_id).values(undone_at=func.now()))
    connection.execute(update(check).where(check.c.id == row.check_id).values(answered_at=None))
    _tell(connection, row, row.submission_id, "check.undone")
    claim = grant(connection, row.submission_id, reviewer_id=reviewer_id, policy=policy, check_id=row.check_id)
    assert claim is not None  # noqa: S101  (an answered check has no live claim, and its answer is locked until this commits)
    return claim


def state_to_tell(connection: Connection, held: Row[Any]) -> str:
    """The state of a claim's case as its reviewer may know it: of a blind one, what their own answer made of it."""
    if held.check_id is None:
        return str(held.submission_state)
    mine = (answer.c.claim_id == held.id, STANDING)
    verdict = connection.execute(select(answer.c.verdict).where(*mine)).scalar_one_or_none()
    return _STATES.get(verdict, State.IN_REVIEW) if verdict else State.IN_REVIEW


def _tell(connection: Connection, row: Row[Any], submission_id: UUID, event: str) -> None:
    detail = {"check_id": str(row.check_id), "answer_id": str(row.id), "claim_id": str(row.claim_id)}
    audit.write(connection, event, actor=row.reviewer_id, submission_id=submission_id, detail=detail)
    log.info(event, submission_id=str(submission_id), check_id=str(row.check_id), reviewer=row.reviewer_id)
