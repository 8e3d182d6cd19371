"""A person corrects a member's stages: a new decision that supersedes the old one; the level follows, with an event and a mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, insert, select

from pipeline.kernel.database import Database
from pipeline.kernel.errors import Conflict, NotFound, StageAlreadyUnlocked
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.ids import new_id
from pipeline.membership.level import Cause, add_ground, end_grounds, locked_membership, settle
from pipeline.membership.level_mail import tell
from pipeline.membership.rules.levels import require_sound
from pipeline.membership.spend_reviews import end_doubt
from pipeline.membership.tables import correction, ground
from pipeline.policy import Policy
from pipeline.submission import audit
from pipeline.submission.mail_contract import NotifyMember
from pipeline.submission.tables import STANDING, decision, submission
from schemas.corrections import StageCorrection, StageCorrectionRequest
from schemas.members import Because

log = structlog.get_logger()


class NothingToCorrect(Conflict):
    """What the correction would end does not hold: the member does not have the stage, or not by that decision."""

    code = "nothing_to_correct"


@dataclass(frozen=True, slots=True)
class Correcting:
    """Where stages are corrected: by whom, under which correlation id, by which policy, and for which request, if it has a key."""

    db: Database
    policy: Policy
    notify_member: NotifyMember
    actor: str
    trace: str
    request: Once | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a correction says: which stage, whether the member is to have it, why, and what it supersedes."""

    stage: str
    unlocked: bool
    because: Because
    reason: str
    supersedes: UUID | None = None


def correct(member_id: str, request: StageCorrectionRequest, *, correcting: Correcting) -> StageCorrection:
    """Give a member a stage or take it away. Raises Invalid, NotFound, NothingToCorrect, StageAlreadyUnlocked."""
    require_sound(request, correcting.policy)
    ruling = Ruling(**request.model_dump())
    with correcting.db.begin() as connection:
        if (earlier := earlier_answer(connection, correcting.request)) is not None:
            return StageCorrection.model_validate(earlier)
        member = locked_membership(connection, member_id, correcting.policy)
        wrong = _to_end(connection, member_id, ruling)
        corrected = record_correction(connection, member, ruling, wrong, correcting=correcting)
        remember(connection, correcting.request, corrected.model_dump(mode="json"))
    log.info("membership.corrected", member_id=member_id, stage=ruling.stage, unlocked=ruling.unlocked)
    return corrected


def record_correction(
    connection: Connection, member: Row[Any], ruling: Ruling, wrong: Sequence[Row[Any]], *, correcting: Correcting
) -> StageCorrection:
    """Write a correction, end the grounds that are `wrong`, and let level, event and mail follow. The member's row is locked."""
    at = _write(connection, member.member_id, ruling, correcting)
    causes = tuple({row.cause_id for row in wrong} | ({ruling.supersedes} if ruling.supersedes else set()))
    cause = Cause(at.id, ruling.because, correcting.trace, correcting.actor, _submission(connection, causes))
    if ruling.unlocked:
        add_ground(connection, member.member_id, ruling.stage, "correction", cause=cause, policy=correcting.policy)
    else:
        end_grounds(connection, [row.id for row in wrong], cause=cause)
        if any(row.kind == "spend" for row in wrong):
            end_doubt(connection, member.member_id, ruling.stage, cause=cause)
    move = settle(connection, member, cause=cause, policy=correcting.policy)
    tell(connection, member.member_id, move, cause=cause, notify_member=correcting.notify_member)
    _note(connection, member.member_id, ruling, cause)
    return StageCorrection(
        id=at.id,
        member_id=member.member_id,
        stage=ruling.stage,
        unlocked=ruling.unlocked,
        because=ruling.because,
        reason=ruling.reason,
        superseded=causes,
        from_level=member.level,
        to_level=move.after.stage if move else member.level,
        by=correcting.actor,
        policy_version=correcting.policy.version,
        at=at.at,
    )


def standing(connection: Connection, member_id: str, stage: str) -> Sequence[Row[Any]]:
    """The grounds on which a member has a stage."""
    mine = (ground.c.member_id == member_id, ground.c.stage == stage, ground.c.superseded_by.is_(None))
    return connection.execute(select(ground).where(*mine)).all()


def _to_end(connection: Connection, member_id: str, ruling: Ruling) -> Sequence[Row[Any]]:
    """The grounds that the correction ends. Raises NotFound, NothingToCorrect, StageAlreadyUnlocked."""
    held = standing(connection, member_id, ruling.stage)
    if ruling.unlocked:
        if held:
            raise StageAlreadyUnlocked("The member has this stage already.")
        if ruling.supersedes is not None:
            _require_rejection(connection, member_id, ruling)
        return ()
    wrong = [row for row in held if ruling.supersedes in {None, row.cause_id}]
    if not wrong:
        by = f" by {ruling.supersedes}" if ruling.supersedes else ""
        raise NothingToCorrect(f"The member does not have the stage {ruling.stage}{by}. Read the membership again.")
    return wrong


def _require_rejection(connection: Connection, member_id: str, ruling: Ruling) -> None:
    mine = (submission.c.member_id == member_id, submission.c.stage == ruling.stage)
    found = connection.execute(
        select(decision.c.id)
        .join(submission, submission.c.id == decision.c.submission_id)
        .where(decision.c.id == ruling.supersedes, decision.c.verdict == "reject", STANDING, *mine)
    ).first()
    if found is None:
        raise NotFound(f"No decision {ruling.supersedes} rejected the stage {ruling.stage} for this member.")


def _write(connection: Connection, member_id: str, ruling: Ruling, correcting: Correcting) -> Row[Any]:
    values = {
        "id": new_id(),
        "member_id": member_id,
        "stage": ruling.stage,
        "unlocked": ruling.unlocked,
        "because": ruling.because,
        "reason": ruling.reason,
        "supersedes": ruling.supersedes,
        "actor": correcting.actor,
        "correlation_id": correcting.trace,
        "policy_version": correcting.policy.version,
    }
    return connection.execute(insert(correction).values(values).returning(correction)).one()


def _note(connection: Connection, member_id: str, ruling: Ruling, cause: Cause) -> None:
    detail = {
        "member_id": member_id,
        "correction_id": str(cause.id),
        "stage": ruling.stage,
        "unlocked": ruling.unlocked,
        "because": ruling.because,
    }
    audit.write(
        connection,
        "membership.corrected",
        actor=cause.actor,
        submission_id=cause.submission_id,
        correlation_id=cause.trace,
        detail=detail,
    )


def _submission(connection: Connection, causes: Sequence[UUID]) -> UUID | None:
    """The submission whose decision is superseded, where it is one."""
    found = connection.execute(select(decision.c.submission_id).where(decision.c.id.in_(causes))).scalars().all()
    return found[0] if len(found) == 1 else None
