"""Undo: a reviewer takes a decision of theirs back before any effect of it leaves, and has the case again."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, select, update

from pipeline.events.outbound import retract
from pipeline.kernel.database import one_at_a_time
from pipeline.kernel.errors import AnotherAvatarOpen, ChanceTakenAgain
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.policy import Policy
from pipeline.review.claims.grant import grant
from pipeline.review.decisions.decide import Desk
from pipeline.review.decisions.four_eyes import take_back_opinion
from pipeline.review.decisions.record import first_effect
from pipeline.review.decisions.rules.undo import too_late, undone_already
from pipeline.review.quality.answers import take_back_answer
from pipeline.submission import lifecycle
from pipeline.submission.chances import chances_taken
from pipeline.submission.lifecycle import OPEN, Transition
from pipeline.submission.tables import STANDING, decision, submission
from pipeline.tasks.operate import recall
from schemas.claims import Claim

log = structlog.get_logger()


def undo(decision_id: UUID, *, reviewer_id: str, desk: Desk, request: Once | None = None) -> Claim:
    """Take a decision back, or an opinion that waits for another person's; the case is in review and the same reviewer's again.

    Raises NotFound, AlreadyThere, AnotherAvatarOpen, ChanceTakenAgain, IdempotencyKeyReused.
    """
    with desk.db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return Claim.model_validate(earlier)
        decided = _mine(connection, decision_id, reviewer_id)
        if decided is None:
            claim = _take_back_without_effects(connection, decision_id, reviewer_id=reviewer_id, policy=desk.policy)
        else:
            claim = _take_back(connection, decided, reviewer_id=reviewer_id, desk=desk)
        remember(connection, request, claim.model_dump(mode="json"))
    log.info(
        "decision.undone",
        submission_id=str(claim.submission_id),
        decision_id=str(decision_id),
        reviewer=reviewer_id,
    )
    return claim


def _take_back_without_effects(connection: Connection, said_id: UUID, *, reviewer_id: str, policy: Policy) -> Claim:
    """What was said of a blind case, or an opinion: nothing has followed from either."""
    blind = take_back_answer(connection, said_id, reviewer_id=reviewer_id, policy=policy)
    return blind or take_back_opinion(connection, said_id, reviewer_id=reviewer_id, policy=policy)


def _mine(connection: Connection, decision_id: UUID, reviewer_id: str) -> Row[Any] | None:
    """The decision with the submission that it closed; None where there is none of this reviewer's."""
    columns = (submission.c.member_id, submission.c.kind, submission.c.method, submission.c.stage, submission.c.chance)
    return connection.execute(
        select(decision, *columns)
        .join(submission, submission.c.id == decision.c.submission_id)
        .where(decision.c.id == decision_id, decision.c.reviewer_id == reviewer_id)
    ).one_or_none()


def _take_back(connection: Connection, decided: Row[Any], *, reviewer_id: str, desk: Desk) -> Claim:
    """Rows are locked in the order in which workers lock them: task, mail, submission."""
    one_at_a_time(
        connection, f"member:{decided.member_id}"
    )  # as accept does: what the member sends comes before or after
    _mark(connection, decided.id, reviewer_id)
    effect = first_effect(decided.kind, decided.verdict)
    if not (recall(connection, effect, decided.id) and retract(connection, decided.id)):
        raise too_late(decided.submission_id)
    desk.withdraw_mail(connection, decided.id)
    if decided.kind == "avatar":
        _only_avatar(connection, decided)
    elif decided.verdict == "better_file":
        _chance_is_free(connection, decided)
    detail = {"decision_id": str(decided.id), "verdict": decided.verdict}
    lifecycle.transition(connection, decided.submission_id, Transition.REOPENED, actor=reviewer_id, detail=detail)
    claim = grant(connection, decided.submission_id, reviewer_id=reviewer_id, policy=desk.policy)
    assert claim is not None  # noqa: S101  (a closed case has no live claim, and it is locked until this commits)
    return claim


def _mark(connection: Connection, decision_id: UUID, reviewer_id: str) -> None:
    """The decision stays for the history. Raises AlreadyThere."""
    marked = connection.execute(
        update(decision)
        .where(decision.c.id == decision_id, STANDING)
        .values(undone_at=func.now(), undone_by=reviewer_id)
    )
    if marked.rowcount != 1:
        raise undone_already()


def _chance_is_free(connection: Connection, decided: Row[Any]) -> None:
    """The chance that was given back is taken again. Raises ChanceTakenAgain where the member has used it meanwhile."""
    taken = chances_taken(connection, member_id=decided.member_id, method=decided.method, stage=decided.stage)
    if decided.chance in taken:
        raise ChanceTakenAgain(
            "The member has sent a better file already, so this decision stands. Decide on that one."
        )


def _only_avatar(connection: Connection, decided: Row[Any]) -> None:
    """A member has one open avatar at most. Raises AnotherAvatarOpen where a newer one has come."""
    other = (submission.c.member_id == decided.member_id, submission.c.kind == "avatar", submission.c.state.in_(OPEN))
    found = connection.execute(select(submission.c.id).where(*other)).scalar_one_or_none()
    if found is not None:
        raise AnotherAvatarOpen(
            f"The member has another avatar under way (submission {found}), so this decision stands. Decide on that one."
        )
