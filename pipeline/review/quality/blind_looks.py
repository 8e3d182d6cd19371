"""What quality does for claims and decisions. The functions of this module are the context's `BlindLooks`."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, insert, select, update

from pipeline.kernel.errors import Stale
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.review.claims.grant import grant
from pipeline.review.claims.ties import require_untied
from pipeline.review.decisions.four_eyes import undone_already
from pipeline.review.decisions.undo import too_late
from pipeline.review.quality.sampling import claim_blind, excluded, sample
from pipeline.review.tables import answer, check
from pipeline.submission import audit
from pipeline.submission.decisions import CONSEQUENCES, Judgement, Person
from pipeline.submission.lifecycle import State, advance
from schemas.claims import Claim
from schemas.decisions import Decided

__all__ = ["claim_blind", "excluded", "record_answer", "record_escalation", "sample", "undo_answer"]

log = structlog.get_logger()

ESCALATED: Final = "escalate"


def record_answer(
    connection: Connection, judgement: Judgement, case: Row[Any], *, version: int, policy: Policy
) -> Decided:
    """Record what a person says of a blind case; the reply is that of a decision. Raises Stale."""
    if version != case.version:
        raise Stale(f"The submission is at version {case.version}; you looked at version {version}. Load it again.")
    window = timedelta(seconds=policy.review.undo_window_seconds)
    row = _record(connection, judgement, case.check_id, case.id, policy_version=policy.version, window=window)
    return Decided(
        id=row.id,
        submission_id=case.id,
        verdict=row.verdict,
        state=advance(State.IN_REVIEW, CONSEQUENCES[row.verdict].transition),
        decided_at=row.decided_at,
        effects_at=row.effects_at,
    )


def record_escalation(connection: Connection, claimed: Row[Any], note: str, *, policy_version: str) -> None:
    """Record that a blind case was passed on to the seniors; it goes no further."""
    judgement = Judgement(ESCALATED, Person(claimed.reviewer_id, claimed.id), note=note)
    case = (claimed.check_id, claimed.submission_id)
    _record(connection, judgement, *case, policy_version=policy_version, window=timedelta())


def undo_answer(connection: Connection, answer_id: UUID, *, reviewer_id: str, policy: Policy) -> Claim | None:
    """Take an answer back within its undo window. None where there is no such answer of this reviewer.

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
    require_untied(connection, row.submission_id, reviewer_id, know_outcome=excluded(connection, row.check_id))
    connection.execute(update(answer).where(answer.c.id == answer_id).values(undone_at=func.now()))
    connection.execute(update(check).where(check.c.id == row.check_id).values(answered_at=None))
    _audit(connection, row, row.submission_id, "check.undone")
    claim = grant(connection, row.submission_id, reviewer_id=reviewer_id, policy=policy, check_id=row.check_id)
    assert claim is not None  # noqa: S101  (an answered check has no live claim, and its answer is locked until this commits)
    return claim


def _record(
    connection: Connection,
    judgement: Judgement,
    check_id: UUID,
    submission_id: UUID,
    *,
    policy_version: str,
    window: timedelta,
) -> Row[Any]:
    known = {"id": new_id(), "check_id": check_id, "policy_version": policy_version}
    row = connection.execute(
        insert(answer).values(**known, **judgement.columns(), effects_at=func.now() + window).returning(answer)
    ).one()
    connection.execute(update(check).where(check.c.id == check_id).values(answered_at=func.now()))
    _audit(connection, row, submission_id, "check.answered")
    return row


def _audit(connection: Connection, row: Row[Any], submission_id: UUID, event: str) -> None:
    detail = {"check_id": str(row.check_id), "answer_id": str(row.id), "claim_id": str(row.claim_id)}
    audit.write(connection, event, actor=row.reviewer_id, submission_id=submission_id, detail=detail)
    log.info(event, submission_id=str(submission_id), check_id=str(row.check_id), reviewer=row.reviewer_id)
