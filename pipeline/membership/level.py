"""A member's grounds, stages and level: the one place that changes them, each change with its cause.

Who changes them locks the member's row first, so that all changes of one member queue up.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.events import outbound as events
from pipeline.kernel.database import took_effect
from pipeline.kernel.ids import new_id
from pipeline.membership.rules.levels import level_of
from pipeline.membership.tables import ground, level_change, membership, unlocked_stage
from pipeline.policy import Policy
from pipeline.policy.ladder import Stage
from pipeline.submission import audit
from schemas.events import EventType, LevelChanged
from schemas.members import Because

ACTOR: Final = "membership"

GroundKind = Literal["verification", "spend", "correction"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something changes: a decision, an event of another service or a correction; and the submission, where it is about one."""

    id: UUID
    because: Because
    trace: str
    actor: str = ACTOR
    submission_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LevelMove:
    """A level that has changed: from which rung to which, and our id for the change."""

    id: UUID
    before: Stage
    after: Stage
    raised: bool


def locked_membership(connection: Connection, member_id: str, policy: Policy) -> Row[Any]:
    """The member's row, made where there is none, locked until the transaction ends."""
    lowest = policy.ladder[0]
    values = {"member_id": member_id, "level": lowest.stage, "benefits": list(lowest.benefits)}
    connection.execute(insert(membership).values(values).on_conflict_do_nothing())
    return connection.execute(select(membership).where(membership.c.member_id == member_id).with_for_update()).one()


def add_ground(
    connection: Connection, member_id: str, stage: str, kind: GroundKind, *, cause: Cause, policy: Policy
) -> bool:
    """Give the member a reason to have a stage, once for each cause; whether it is new."""
    values = {
        "id": new_id(),
        "member_id": member_id,
        "stage": stage,
        "kind": kind,
        "cause_id": cause.id,
        "policy_version": policy.version,
    }
    return took_effect(connection, insert(ground).values(values).on_conflict_do_nothing())


def end_grounds(connection: Connection, ids: Collection[UUID], *, cause: Cause) -> None:
    """Let reasons stand no more; they stay in the history."""
    ended = {"superseded_by": cause.id, "superseded_at": func.clock_timestamp()}
    connection.execute(update(ground).where(ground.c.id.in_(ids), ground.c.superseded_by.is_(None)).values(ended))


def settle(connection: Connection, before: Row[Any], *, cause: Cause, policy: Policy) -> LevelMove | None:
    """Bring stages, level and benefits in line with the grounds that stand. `before` is the member's locked row."""
    member_id = before.member_id
    now = _standing(connection, member_id)
    was = stages_of(connection, member_id)
    for stage in sorted(now - was.keys()):
        row = {"member_id": member_id, "stage": stage, "cause_id": cause.id}
        connection.execute(insert(unlocked_stage).values(row))
    gone = sorted(was.keys() - now)
    mine = (unlocked_stage.c.member_id == member_id, unlocked_stage.c.stage.in_(gone))
    connection.execute(delete(unlocked_stage).where(*mine))
    after = level_of(now, policy)
    for verb, stages in (("unlocked", sorted(now - was.keys())), ("taken_away", gone)):
        for stage in stages:
            _write(connection, f"membership.stage_{verb}", before, stage, after, cause)
    return _change_level(connection, before, after, cause, policy) if after.stage != before.level else None


def stages_of(connection: Connection, member_id: str) -> dict[str, datetime]:
    """The stages that a member has unlocked, and since when."""
    rows = connection.execute(select(unlocked_stage).where(unlocked_stage.c.member_id == member_id))
    return {row.stage: row.unlocked_at for row in rows}


def _standing(connection: Connection, member_id: str) -> set[str]:
    mine = (ground.c.member_id == member_id, ground.c.superseded_by.is_(None))
    return set(connection.execute(select(ground.c.stage).where(*mine)).scalars())


def _write(connection: Connection, event: str, before: Row[Any], stage: str, after: Stage, cause: Cause) -> None:
    detail = {
        "member_id": before.member_id,
        "stage": stage,
        "from_level": before.level,
        "to_level": after.stage,
        "because": cause.because,
        "cause_id": str(cause.id),
    }
    audit.write(
        connection,
        event,
        actor=cause.actor,
        submission_id=cause.submission_id,
        correlation_id=cause.trace,
        detail=detail,
    )


def _change_level(connection: Connection, before: Row[Any], after: Stage, cause: Cause, policy: Policy) -> LevelMove:
    lower = policy.stage(before.level) or policy.ladder[0]
    change_id, benefits = new_id(), list(after.benefits)
    version = connection.execute(
        membership.update()
        .where(membership.c.member_id == before.member_id)
        .values(level=after.stage, benefits=benefits, version=membership.c.version + 1, updated_at=func.now())
        .returning(membership.c.version)
    ).scalar_one()
    change = {
        "id": change_id,
        "member_id": before.member_id,
        "version": version,
        "from_level": before.level,
        "to_level": after.stage,
        "benefits": benefits,
        "because": cause.because,
        "cause_id": cause.id,
        "policy_version": policy.version,
    }
    connection.execute(insert(level_change).values(change))
    told = LevelChanged(
        member_id=before.member_id,
        from_level=before.level,
        to_level=after.stage,
        benefits=tuple(benefits),
        because=cause.because,
        cause=cause.id,
        version=version,
    )
    events.emit(connection, EventType.LEVEL_CHANGED, told, member_id=before.member_id, trace=cause.trace)
    return LevelMove(change_id, lower, after, raised=policy.rank(after.stage) > policy.rank(lower.stage))
