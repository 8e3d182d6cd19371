"""Unlock a stage: level and benefits change together, once for each decision."""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline import audit
from pipeline.database import Database, took_effect
from pipeline.events import record as events
from pipeline.ids import new_id
from pipeline.membership.rules import level_of
from pipeline.membership.tables import level_change, membership, unlocked_stage
from pipeline.policy import Policy, Stage
from pipeline.results import Result, result_of
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import SEND_MAIL
from schemas.events import LevelChanged

log = structlog.get_logger()

ACTOR = "membership"


def unlock(task: Task, *, db: Database, policy: Policy) -> None:
    """Unlock the stage that a decision approved and record the mail that says so, in one transaction."""
    decision_id = UUID(task.ref_id)
    with db.begin() as connection:
        ledger.finish(connection, task)
        result = result_of(connection, decision_id)
        changed = _unlock(connection, result, policy)
        ledger.record(connection, SEND_MAIL, decision_id, trace=task.trace)
    log.info("membership.unlocked", submission_id=str(result.submission_id), stage=result.stage, level_changed=changed)


def is_unlocked(connection: Connection, member_id: str, stage: str) -> bool:
    """Whether the member has the stage."""
    found = exists().where(unlocked_stage.c.member_id == member_id, unlocked_stage.c.stage == stage)
    return bool(connection.execute(select(found)).scalar_one())


def _unlock(connection: Connection, result: Result, policy: Policy) -> bool:
    """Add the stage and bring the level up to date; whether the level changed."""
    before = _locked_membership(connection, result.member_id, policy)
    values = {"member_id": result.member_id, "stage": result.stage, "cause_id": result.decision_id}
    if not took_effect(connection, insert(unlocked_stage).values(values).on_conflict_do_nothing()):
        return False
    after = level_of(stages_of(connection, result.member_id), policy)
    audit.write(
        connection,
        "membership.stage_unlocked",
        actor=ACTOR,
        submission_id=result.submission_id,
        correlation_id=result.correlation_id,
        detail={"stage": result.stage, "from_level": before.level, "to_level": after.stage},
    )
    if after.stage == before.level:
        return False
    _change_level(connection, result, before.level, after, policy)
    return True


def _locked_membership(connection: Connection, member_id: str, policy: Policy) -> Row[Any]:
    """The member's row, made where there is none, locked until the transaction ends: changes of one level queue up."""
    lowest = policy.ladder[0]
    values = {"member_id": member_id, "level": lowest.stage, "benefits": list(lowest.benefits)}
    connection.execute(insert(membership).values(values).on_conflict_do_nothing())
    return connection.execute(select(membership).where(membership.c.member_id == member_id).with_for_update()).one()


def _change_level(connection: Connection, result: Result, before: str, after: Stage, policy: Policy) -> None:
    benefits = list(after.benefits)
    change = {
        "id": new_id(),
        "member_id": result.member_id,
        "from_level": before,
        "to_level": after.stage,
        "benefits": benefits,
        "cause_id": result.decision_id,
        "policy_version": policy.version,
    }
    connection.execute(insert(level_change).values(change))
    version = connection.execute(
        membership.update()
        .where(membership.c.member_id == result.member_id)
        .values(level=after.stage, benefits=benefits, version=membership.c.version + 1, updated_at=func.now())
        .returning(membership.c.version)
    ).scalar_one()
    told = LevelChanged(
        member_id=result.member_id,
        from_level=before,
        to_level=after.stage,
        benefits=tuple(benefits),
        cause=result.decision_id,
        version=version,
    )
    events.record(connection, "membership.level_changed", told, member_id=result.member_id, trace=result.correlation_id)


def stages_of(connection: Connection, member_id: str) -> dict[str, datetime]:
    """The stages that a member has unlocked, and since when."""
    rows = connection.execute(select(unlocked_stage).where(unlocked_stage.c.member_id == member_id))
    return {row.stage: row.unlocked_at for row in rows}
