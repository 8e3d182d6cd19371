"""Answers to blind cases: recorded and undone as a decision is, in the same words, and with no effect at all."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, insert, select, update

from pipeline.kernel.errors import Stale
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.review.claims.grant import grant
from pipeline.review.decisions.rules.undo import too_late, undone_already
from pipeline.review.quality.tables import answer, check
from pipeline.submission import audit
from pipeline.submission.decisions import EVENTS
from pipeline.submission.lifecycle import State, advance
from schemas.claims import Claim
from schemas.decisions import Decided

log = structlog.get_logger()

ESCALATED: Final = "escalate"


def record_answer(
    connection: Connection, given: Mapping[str, Any], case: Row[Any], *, version: int, policy: Policy
) -> Decided:
    """Keep what was said of a blind case, in the caller's transaction. Raises Stale."""
    if version != case.version:
        raise Stale(f"The submission is at version {case.version}; you looked at version {version}. Load it again.")
    row = _keep(connection, given, case.check_id, until=timedelta(seconds=policy.review.undo_window_seconds))
    return Decided(
        id=row.id,
        submission_id=case.id,
        verdict=row.verdict,
        state=advance(State.IN_REVIEW, EVENTS[row.verdict]),
        decided_at=row.decided_at,
        effects_at=row.effects_at,
    )


def pass_on_answer(connection: Connection, held: Row[Any], note: str, *, policy_version: str) -> None:
    """Keep that whoever held a blind case passed it on to the seniors; it goes no further."""
    empty: dict[str, Any] = {"reasons": [], "checklist": {}, "facts": {}, "message": None}
    given = {
        "submission_id": held.submission_id,
        "claim_id": held.id,
        "reviewer_id": held.reviewer_id,
        "verdict": ESCALATED,
        "note": note,
        "policy_version": policy_version,
        **empty,
    }
    _keep(connection, given, held.check_id, until=timedelta())


def _keep(connection: Connection, given: Mapping[str, Any], check_id: UUID, *, until: timedelta) -> Row[Any]:
    said_of = {name: value for name, value in given.items() if name != "submission_id"}
    row = connection.execute(
        insert(answer)
        .values(id=new_id(), check_id=check_id, effects_at=func.now() + until, **said_of)
        .returning(answer)
    ).one()
    connection.execute(update(check).where(check.c.id == check_id).values(answered_at=func.now()))
    _tell(connection, row, given["submission_id"], "check.answered")
    return row


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
        raise undone_already()
    if not row.in_time:
        raise too_late(row.submission_id)
    connection.execute(update(answer).where(answer.c.id == answer_id).values(undone_at=func.now()))
    connection.execute(update(check).where(check.c.id == row.check_id).values(answered_at=None))
    _tell(connection, row, row.submission_id, "check.undone")
    claim = grant(connection, row.submission_id, reviewer_id=reviewer_id, policy=policy, check_id=row.check_id)
    assert claim is not None  # noqa: S101  (an answered check has no live claim, and its answer is locked until this commits)
    return claim


def _tell(connection: Connection, row: Row[Any], submission_id: UUID, event: str) -> None:
    detail = {"check_id": str(row.check_id), "answer_id": str(row.id), "claim_id": str(row.claim_id)}
    audit.write(connection, event, actor=row.reviewer_id, submission_id=submission_id, detail=detail)
    log.info(event, submission_id=str(submission_id), check_id=str(row.check_id), reviewer=row.reviewer_id)
