"""Unlock a stage that was approved: level and benefits change together, once for each decision."""

from uuid import UUID

import structlog
from sqlalchemy import Connection, exists, select

from pipeline.kernel.database import Database
from pipeline.membership.level import Cause, add_ground, locked_membership, settle
from pipeline.membership.tables import unlocked_stage
from pipeline.policy import Policy
from pipeline.submission.decisions import Decision, standing_decision
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import SEND_MAIL

log = structlog.get_logger()


def unlock(task: Task, *, db: Database, policy: Policy) -> None:
    """Unlock the stage that a decision approved and record the mail that says so, in one transaction."""
    decision_id = UUID(task.ref_id)
    with db.begin() as connection:
        ledger.finish(connection, task)
        result = standing_decision(connection, decision_id)
        changed = _unlock(connection, result, policy)
        ledger.record(connection, SEND_MAIL, decision_id, trace=task.trace)
    log.info("membership.unlocked", submission_id=str(result.submission_id), stage=result.stage, level_changed=changed)


def is_unlocked(connection: Connection, member_id: str, stage: str) -> bool:
    """Whether the member has the stage."""
    found = exists().where(unlocked_stage.c.member_id == member_id, unlocked_stage.c.stage == stage)
    return bool(connection.execute(select(found)).scalar_one())


def _unlock(connection: Connection, result: Decision, policy: Policy) -> bool:
    """Add the decision to what unlocks the stage and bring the level up to date; whether the level changed."""
    assert result.stage is not None  # noqa: S101  (only verifications come here)
    cause = Cause(result.decision_id, "verification", trace=result.correlation_id, submission_id=result.submission_id)
    before = locked_membership(connection, result.member_id, policy)
    if not add_ground(connection, result.member_id, result.stage, "verification", cause=cause, policy=policy):
        return False
    return settle(connection, before, cause=cause, policy=policy) is not None
