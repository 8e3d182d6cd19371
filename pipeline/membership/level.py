from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.events import outbound as events
from pipeline.kernel.database import Database, one_at_a_time, took_effect
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.digests import member_digest
from pipeline.membership.former_level import level_before
from pipeline.membership.pending import forestalled, mail_by_present_policy, mail_of_forestalled
from pipeline.membership.rules.levels import is_raised, level_of
from pipeline.membership.siblings import close_siblings
from pipeline.membership.tables import ground, level_change, membership, unlocked_stage
from pipeline.policy import Policy
from pipeline.policy.ladder import Stage
from pipeline.submission import audit
from pipeline.submission.decisions import Decision, standing_decision
from pipeline.submission.mail_contract import FreezeMail, WithdrawMail
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import SEND_MAIL
from schemas.events import EventType, LevelChanged
from schemas.members import Because

log = structlog.get_logger()

ACTOR: Final = "membership"

GroundKind = Literal["verification", "spend", "correction"]


@dataclass(frozen=True, slots=True)
class Cause:
    """A decision, an event of another service or a correction, with the submission where it is about one."""

    id: UUID
    because: Because
    trace: str
    actor: str = ACTOR
    submission_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LevelMove:
    """A change of level. `id` is that of its row in `level_change`."""

    id: UUID
    before: Stage
    after: Stage
    raised: bool


def unlock(task: Task, *, db: Database, policy: Policy, freeze_mail: FreezeMail, withdraw_mail: WithdrawMail) -> None:
    """Unlock the stage that a decision approved and record the task of its mail, in one transaction.

    Where a correction came between, it counts: the stage stays as the correction left it, and the mail says so. Where the policy
    changed between, the mail says what is so by the present one. Where the member has the stage by another cause, it is one more ground,
    and no mail tells them so once more.
    """
    decision_id = UUID(task.ref_id)
    with db.begin() as connection:
        one_at_a_time(connection, f"member:{standing_decision(connection, decision_id).member_id}")
        ledger.finish(connection, task)
        result = standing_decision(connection, decision_id)
        before = locked_membership(connection, result.member_id, policy)
        because = forestalled(connection, decision_id)
        if _has_other_grounds(connection, result):
            withdraw_mail(connection, decision_id)
        else:
            _freeze_again(connection, result, because, freeze_mail=freeze_mail, policy=policy)
            ledger.record(connection, SEND_MAIL, decision_id, trace=task.trace)
        changed = because is None and _unlock(connection, before, result, policy, withdraw_mail)
    event = "membership.unlocked" if because is None else "membership.unlock_forestalled"
    log.info(event, submission_id=str(result.submission_id), stage=result.stage, level_changed=changed)


def is_unlocked(connection: Connection, member_id: str, stage: str) -> bool:
    """Whether the member has the stage."""
    found = exists().where(unlocked_stage.c.member_id == member_id, unlocked_stage.c.stage == stage)
    return bool(connection.execute(select(found)).scalar_one())


def locked_membership(connection: Connection, member_id: str, policy: Policy) -> Row[Any]:
    """The member's row, locked until the transaction ends; it is created where there is none.

    What the member sends, and what is undone of theirs, comes before or after.
    """
    one_at_a_time(connection, f"member:{member_id}")
    lowest = policy.ladder[0]
    values = {"member_id": member_id, "level": lowest.stage, "benefits": list(lowest.benefits)}
    connection.execute(insert(membership).values(values).on_conflict_do_nothing())
    return connection.execute(select(membership).where(membership.c.member_id == member_id).with_for_update()).one()


def add_ground(
    connection: Connection, member_id: str, stage: str, kind: GroundKind, *, cause: Cause, policy: Policy
) -> bool:
    """Add a ground for a stage, once for each cause. True if it is new."""
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
    """Mark grounds as superseded. Their rows stay."""
    ended = {"superseded_by": cause.id, "superseded_at": func.clock_timestamp()}
    connection.execute(update(ground).where(ground.c.id.in_(ids), ground.c.superseded_by.is_(None)).values(ended))


def recompute(
    connection: Connection, before: Row[Any], *, cause: Cause, policy: Policy, withdraw_mail: WithdrawMail
) -> LevelMove | None:
    """Bring stages, level and benefits in line with the grounds that stand. `before` is the member's locked row.

    What else the member sent for a stage that is unlocked is closed.
    """
    member_id = before.member_id
    standing, known = _standing(connection, member_id), stages_of(connection, member_id).keys()
    added, removed = sorted(standing - known), sorted(known - standing)
    after = level_of(standing, policy)
    for stage in added:
        row = {"member_id": member_id, "stage": stage, "cause_id": cause.id}
        connection.execute(insert(unlocked_stage).values(row))
        _audit(connection, "membership.stage_unlocked", before, stage, after, cause)
        close_siblings(
            connection,
            member_id,
            stage,
            cause_id=cause.id,
            by=cause.submission_id if cause.because == "verification" else None,
            actor=cause.actor,
            withdraw_mail=withdraw_mail,
        )
    mine = (unlocked_stage.c.member_id == member_id, unlocked_stage.c.stage.in_(removed))
    connection.execute(delete(unlocked_stage).where(*mine))
    for stage in removed:
        _audit(connection, "membership.stage_taken_away", before, stage, after, cause)
    return _change_level(connection, before, after, cause, policy) if after.stage != before.level else None


def stages_of(connection: Connection, member_id: str) -> dict[str, datetime]:
    """The stages that the member has, each with the time at which it was unlocked."""
    rows = connection.execute(select(unlocked_stage).where(unlocked_stage.c.member_id == member_id))
    return {row.stage: row.unlocked_at for row in rows}


def _has_other_grounds(connection: Connection, result: Decision) -> bool:
    """Whether something else than this decision unlocks the stage."""
    mine = (ground.c.member_id == result.member_id, ground.c.stage == result.stage, ground.c.superseded_by.is_(None))
    found = exists().where(*mine, ground.c.cause_id != result.decision_id)
    return bool(connection.execute(select(found)).scalar_one())


def _freeze_again(
    connection: Connection, result: Decision, because: str | None, *, freeze_mail: FreezeMail, policy: Policy
) -> None:
    """Other words in the mail where a correction or another policy came between."""
    if because is not None:
        freeze_mail(connection, mail_of_forestalled(connection, result, because, policy))
    elif result.policy_version != policy.version:
        freeze_mail(connection, mail_by_present_policy(result))


def _unlock(
    connection: Connection, before: Row[Any], result: Decision, policy: Policy, withdraw_mail: WithdrawMail
) -> bool:
    """Add the decision as a ground and recompute the level. True if the level changed."""
    assert result.stage is not None  # noqa: S101  (only verifications come here)
    cause = Cause(result.decision_id, "verification", trace=result.correlation_id, submission_id=result.submission_id)
    if not add_ground(connection, result.member_id, result.stage, "verification", cause=cause, policy=policy):
        return False
    return recompute(connection, before, cause=cause, policy=policy, withdraw_mail=withdraw_mail) is not None


def _standing(connection: Connection, member_id: str) -> set[str]:
    mine = (ground.c.member_id == member_id, ground.c.superseded_by.is_(None))
    return set(connection.execute(select(ground.c.stage).where(*mine)).scalars())


def _audit(connection: Connection, event: str, before: Row[Any], stage: str, after: Stage, cause: Cause) -> None:
    detail = {
        "member": member_digest(before.member_id),
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
    lower = level_before(connection, before, policy)
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
    event = LevelChanged(
        member_id=before.member_id,
        from_level=before.level,
        to_level=after.stage,
        benefits=tuple(benefits),
        because=cause.because,
        cause=cause.id,
        version=version,
    )
    events.emit(connection, EventType.LEVEL_CHANGED, event, member_id=before.member_id, trace=cause.trace)
    return LevelMove(change_id, lower, after, raised=is_raised(lower, after, policy))
