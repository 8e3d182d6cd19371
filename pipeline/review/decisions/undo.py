from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, select, update

from pipeline.events.outbound import retract
from pipeline.kernel.database import one_at_a_time
from pipeline.kernel.errors import AnotherAvatarOpen, ChanceTakenAgain, UndoTooLate
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.grant import grant
from pipeline.review.claims.lookup import locked_reviewer
from pipeline.review.claims.ties import require_untied
from pipeline.review.decisions.four_eyes import undo_opinion, undone_already
from pipeline.submission import lifecycle
from pipeline.submission.chances import chances_taken
from pipeline.submission.decisions import CONSEQUENCES
from pipeline.submission.lifecycle import OPEN, Emission, Transition
from pipeline.submission.tables import STANDING, decision, submission
from pipeline.tasks.operate import recall
from schemas.claims import Claim

log = structlog.get_logger()


def undo(decision_id: UUID, *, reviewer_id: str, context: ReviewContext, request: Once | None = None) -> Claim:
    """Take back a decision, an opinion or an answer to a blind look; the case is in review and claimed by the same reviewer.

    A case whose stage was unlocked meanwhile is closed at once.     Raises NotFound, AlreadyThere, UndoTooLate, AnotherAvatarOpen, ChanceTakenAgain, IdempotencyKeyReused, and Forbidden for somebody who
    may not have the case any more.
    """
    with context.db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return Claim.model_validate(earlier)
        locked_reviewer(connection, reviewer_id)
        decided = _mine(connection, decision_id, reviewer_id)
        if decided is not None:
            claim = _undo_decision(connection, decided, reviewer_id=reviewer_id, context=context)
        else:
            claim = _undo_without_effects(connection, decision_id, reviewer_id=reviewer_id, context=context)
        remember(connection, request, claim.model_dump(mode="json"))
    log.info(
        "decision.undone",
        submission_id=str(claim.submission_id),
        decision_id=str(decision_id),
        reviewer=reviewer_id,
    )
    return claim


def _undo_without_effects(
    connection: Connection, judgement_id: UUID, *, reviewer_id: str, context: ReviewContext
) -> Claim:
    policy = context.policy
    answer = context.blind_looks.undo_answer(connection, judgement_id, reviewer_id=reviewer_id, policy=policy)
    return answer or undo_opinion(connection, judgement_id, reviewer_id=reviewer_id, policy=policy)


def too_late(submission_id: UUID) -> UndoTooLate:
    """The error for a decision or an answer whose undo window is over."""
    return UndoTooLate(
        "This decision can no longer be undone: its effects are leaving or have left. "
        f"If it is wrong, tell your lead: submission {submission_id}."
    )


def _mine(connection: Connection, decision_id: UUID, reviewer_id: str) -> Row[Any] | None:
    """The decision with the submission that it closed; None where there is none of this reviewer's."""
    columns = (submission.c.member_id, submission.c.kind, submission.c.method, submission.c.stage, submission.c.chance)
    return connection.execute(
        select(decision, *columns)
        .join(submission, submission.c.id == decision.c.submission_id)
        .where(decision.c.id == decision_id, decision.c.reviewer_id == reviewer_id)
    ).one_or_none()


def _undo_decision(connection: Connection, decided: Row[Any], *, reviewer_id: str, context: ReviewContext) -> Claim:
    """Rows are locked in the order in which workers lock them: task, mail, submission."""
    require_untied(connection, decided.submission_id, reviewer_id)
    # As accept does: what the member sends comes before or after.
    one_at_a_time(connection, f"member:{decided.member_id}")
    _mark_undone(connection, decided.id, reviewer_id)
    effect = CONSEQUENCES[decided.verdict].effect[decided.kind]
    if not (recall(connection, effect, decided.id) and retract(connection, decided.id)):
        raise too_late(decided.submission_id)
    context.withdraw_mail(connection, decided.id)
    if decided.kind == "avatar":
        _require_no_other_avatar(connection, decided)
    elif decided.verdict == "better_file":
        _require_free_chance(connection, decided)
    detail = {"decision_id": str(decided.id), "verdict": decided.verdict}
    lifecycle.transition(connection, decided.submission_id, Transition.REOPENED, actor=reviewer_id, detail=detail)
    claim = grant(connection, decided.submission_id, reviewer_id=reviewer_id, policy=context.policy)
    assert claim is not None  # noqa: S101  (a closed case has no live claim, and it is locked until this commits)
    if decided.kind != "avatar" and context.is_unlocked(connection, decided.member_id, decided.stage):
        _close_again(connection, decided)
    return claim


def _close_again(connection: Connection, decided: Row[Any]) -> None:
    """The member has the stage by another submission, by orders or by a correction: nothing is left to decide."""
    because = Transition.SUPERSEDED_BY_UNLOCK
    detail = {"decision_id": str(decided.id)}
    lifecycle.transition(
        connection, decided.submission_id, because, actor="system", detail=detail, emission=Emission(reasons=(because,))
    )


def _mark_undone(connection: Connection, decision_id: UUID, reviewer_id: str) -> None:
    """The decision stays for the history. Raises AlreadyThere."""
    marked = connection.execute(
        update(decision)
        .where(decision.c.id == decision_id, STANDING)
        .values(undone_at=func.now(), undone_by=reviewer_id)
    )
    if marked.rowcount != 1:
        raise undone_already()


def _require_free_chance(connection: Connection, decided: Row[Any]) -> None:
    """The chance that was given back is taken again. Raises ChanceTakenAgain where the member has used it meanwhile."""
    taken = chances_taken(connection, member_id=decided.member_id, method=decided.method, stage=decided.stage)
    if decided.chance in taken:
        raise ChanceTakenAgain(
            "The member has sent a better file already, so this decision stands. Decide on that one."
        )


def _require_no_other_avatar(connection: Connection, decided: Row[Any]) -> None:
    """A member has one open avatar at most. Raises AnotherAvatarOpen where a newer one has come."""
    other = (submission.c.member_id == decided.member_id, submission.c.kind == "avatar", submission.c.state.in_(OPEN))
    found = connection.execute(select(submission.c.id).where(*other)).scalar_one_or_none()
    if found is not None:
        raise AnotherAvatarOpen(
            f"The member has another avatar under way (submission {found}), so this decision stands. Decide on that one."
        )
