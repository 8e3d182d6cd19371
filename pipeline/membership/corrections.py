from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, insert, select

from pipeline.kernel.errors import Conflict, NotFound, StageAlreadyUnlocked
from pipeline.kernel.idempotency import earlier_answer, remember
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.digests import member_digest
from pipeline.membership.level import Cause, add_ground, end_grounds, locked_membership, recompute
from pipeline.membership.level_mail import notify_of_level
from pipeline.membership.pending import forestall, pending_approvals
from pipeline.membership.rules.levels import require_sound
from pipeline.membership.spend import close_reviews_of_stage
from pipeline.membership.tables import correction, ground
from pipeline.submission import audit
from pipeline.submission.context import Context
from pipeline.submission.presence import require_present
from pipeline.submission.tables import STANDING, decision, submission
from schemas.corrections import StageCorrection, StageCorrectionRequest
from schemas.members import Because

log = structlog.get_logger()


class NothingToCorrect(Conflict):
    """The member does not have the stage, or not by the decision that the correction names."""

    code = "nothing_to_correct"


@dataclass(frozen=True, slots=True)
class Correction:
    """Which stage, whether the member is to have it, why, and which decision or event it supersedes."""

    stage: str
    unlocked: bool
    because: Because
    reason: str
    supersedes: UUID | None = None


def correct(member_id: str, request: StageCorrectionRequest, *, context: Context) -> StageCorrection:
    """Give a member a stage or take it away. Raises Invalid, NotFound, NothingToCorrect, StageAlreadyUnlocked."""
    require_sound(request, context.policy)
    wanted = Correction(**request.model_dump())
    with context.db.begin() as connection:
        if (earlier := earlier_answer(connection, context.request)) is not None:
            return StageCorrection.model_validate(earlier)
        require_present(connection, member_id)
        member = locked_membership(connection, member_id, context.policy)
        ending, pending = _to_end(connection, member_id, wanted)
        corrected = record_correction(connection, member, wanted, ending, pending, context=context)
        remember(connection, context.request, corrected.model_dump(mode="json"))
    log.info("membership.corrected", member_id=member_id, stage=wanted.stage, unlocked=wanted.unlocked)
    return corrected


def record_correction(
    connection: Connection,
    member: Row[Any],
    wanted: Correction,
    ending: Sequence[Row[Any]],
    pending: Sequence[UUID] = (),
    *,
    context: Context,
) -> StageCorrection:
    """Write a correction, end the grounds in `ending`, and recompute the level with its event and mail.

    `member` is the member's locked row. The approvals in `pending`, whose effect has not come yet, never take effect.
    """
    made = _insert(connection, member.member_id, wanted, context)
    causes = {row.cause_id for row in ending} | set(pending)
    superseded = tuple(causes | ({wanted.supersedes} if wanted.supersedes else set()))
    cause = Cause(made.id, wanted.because, context.trace, context.actor, _submission_of(connection, superseded))
    if wanted.unlocked:
        add_ground(connection, member.member_id, wanted.stage, "correction", cause=cause, policy=context.policy)
    else:
        end_grounds(connection, [row.id for row in ending], cause=cause)
        forestall(connection, member.member_id, wanted.stage, pending, by=made.id, policy=context.policy)
        if any(row.kind == "spend" for row in ending):
            close_reviews_of_stage(connection, member.member_id, wanted.stage, by=context.actor)
    move = recompute(connection, member, cause=cause, policy=context.policy, withdraw_mail=context.withdraw_mail)
    notify_of_level(connection, member.member_id, move, cause=cause, notify_member=context.notify_member)
    _audit(connection, member.member_id, wanted, cause)
    return StageCorrection(
        id=made.id,
        member_id=member.member_id,
        stage=wanted.stage,
        unlocked=wanted.unlocked,
        because=wanted.because,
        reason=wanted.reason,
        superseded=superseded,
        from_level=member.level,
        to_level=move.after.stage if move else member.level,
        by=context.actor,
        policy_version=context.policy.version,
        at=made.at,
    )


def standing_grounds(connection: Connection, member_id: str, stage: str) -> Sequence[Row[Any]]:
    """The grounds on which a member has a stage."""
    mine = (ground.c.member_id == member_id, ground.c.stage == stage, ground.c.superseded_by.is_(None))
    return connection.execute(select(ground).where(*mine)).all()


def _to_end(connection: Connection, member_id: str, wanted: Correction) -> tuple[Sequence[Row[Any]], Sequence[UUID]]:
    """The grounds that the correction ends, and the approvals that it keeps from becoming one.

    Raises NotFound, NothingToCorrect, StageAlreadyUnlocked.
    """
    standing = standing_grounds(connection, member_id, wanted.stage)
    if wanted.unlocked:
        if standing:
            raise StageAlreadyUnlocked("The member has this stage already.")
        if wanted.supersedes is not None:
            _require_rejection(connection, member_id, wanted)
        return (), ()
    ending = [row for row in standing if wanted.supersedes in {None, row.cause_id}]
    approvals = pending_approvals(connection, member_id, wanted.stage, decision_id=wanted.supersedes)
    if not ending and not approvals:
        by = f" by {wanted.supersedes}" if wanted.supersedes else ""
        raise NothingToCorrect(f"The member does not have the stage {wanted.stage}{by}. Read the membership again.")
    return ending, approvals


def _require_rejection(connection: Connection, member_id: str, wanted: Correction) -> None:
    mine = (submission.c.member_id == member_id, submission.c.stage == wanted.stage)
    found = connection.execute(
        select(decision.c.id)
        .join(submission, submission.c.id == decision.c.submission_id)
        .where(decision.c.id == wanted.supersedes, decision.c.verdict == "reject", STANDING, *mine)
    ).first()
    if found is None:
        raise NotFound(f"No decision {wanted.supersedes} rejected the stage {wanted.stage} for this member.")


def _insert(connection: Connection, member_id: str, wanted: Correction, context: Context) -> Row[Any]:
    values = {
        "id": new_id(),
        "member_id": member_id,
        "stage": wanted.stage,
        "unlocked": wanted.unlocked,
        "because": wanted.because,
        "reason": wanted.reason,
        "supersedes": wanted.supersedes,
        "actor": context.actor,
        "correlation_id": context.trace,
        "policy_version": context.policy.version,
    }
    return connection.execute(insert(correction).values(values).returning(correction)).one()


def _audit(connection: Connection, member_id: str, wanted: Correction, cause: Cause) -> None:
    detail = {
        "member": member_digest(member_id),
        "correction_id": str(cause.id),
        "stage": wanted.stage,
        "unlocked": wanted.unlocked,
        "because": wanted.because,
    }
    audit.write(
        connection,
        "membership.corrected",
        actor=cause.actor,
        submission_id=cause.submission_id,
        correlation_id=cause.trace,
        detail=detail,
    )


def _submission_of(connection: Connection, superseded: Sequence[UUID]) -> UUID | None:
    """The submission of the superseded decision; None where there is none, or more than one."""
    found = connection.execute(select(decision.c.submission_id).where(decision.c.id.in_(superseded))).scalars().all()
    return found[0] if len(found) == 1 else None
