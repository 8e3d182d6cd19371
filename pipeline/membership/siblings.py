"""What a member sent besides for a stage that is unlocked now: it is closed, and no mail about it leaves (docs/adr/0028)."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select, union, update

from pipeline.submission import lifecycle
from pipeline.submission.lifecycle import OPEN, Emission, State, Transition
from pipeline.submission.mail_contract import WithdrawMail
from pipeline.submission.tables import STANDING, decision, submission

BECAUSE: Final = Transition.SUPERSEDED_BY_UNLOCK
_FAILED: Final = (State.REJECTED, State.REFUSED, State.EXPIRED)


def close_siblings(
    connection: Connection,
    member_id: str,
    stage: str,
    *,
    cause_id: UUID,
    by: UUID | None,
    actor: str,
    withdraw_mail: WithdrawMail,
) -> None:
    """Close the open submissions for the stage, and take back mails about failed ones that nobody has begun to send.

    The member's lock is held, so that nothing is accepted or undone meanwhile; one that is being decided is waited for. `by` is the
    submission that unlocked the stage, where it was one.
    """
    theirs = (submission.c.member_id == member_id, submission.c.stage == stage, submission.c.kind == "verification")
    open_ones = select(submission.c.id).where(*theirs, submission.c.state.in_(OPEN)).order_by(submission.c.id)
    for submission_id in connection.execute(open_ones.with_for_update()).scalars().all():
        _close(connection, submission_id, cause_id=cause_id, by=by, actor=actor)
    for cause in _causes_of_failures(connection, *theirs):
        withdraw_mail(connection, cause)


def _close(connection: Connection, submission_id: UUID, *, cause_id: UUID, by: UUID | None, actor: str) -> None:
    detail = {"cause_id": str(cause_id)} | ({"by": str(by)} if by is not None else {})
    emission = Emission(reasons=(BECAUSE,))
    lifecycle.transition(connection, submission_id, BECAUSE, actor=actor, detail=detail, emission=emission)
    connection.execute(update(submission).where(submission.c.id == submission_id).values(superseded_by=by))


def _causes_of_failures(connection: Connection, *theirs: ColumnElement[bool]) -> list[UUID]:
    """What mails about them were frozen for: a decision, or where none was made the submission."""
    failed = (*theirs, submission.c.state.in_(_FAILED))
    decided = select(decision.c.id).join(submission, submission.c.id == decision.c.submission_id)
    query: Any = union(decided.where(*failed, STANDING), select(submission.c.id).where(*failed))
    return list(connection.execute(query.order_by("id")).scalars())
