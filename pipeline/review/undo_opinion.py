"""Undo an opinion: until somebody else has begun to look at the case."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, update

from pipeline import lifecycle
from pipeline.errors import AlreadyThere, NotFound, UndoTooLate
from pipeline.lifecycle import Event, State
from pipeline.policy import Policy
from pipeline.queues import Queue
from pipeline.review.grant import grant, tell
from pipeline.review.tables import claim, opinion
from pipeline.tables import submission
from schemas.claims import Claim


def take_back_opinion(connection: Connection, opinion_id: UUID, *, reviewer_id: str, policy: Policy) -> Claim:
    """The case is in the queue that it came from and the reviewer's again. Raises NotFound, AlreadyThere, UndoTooLate.

    The submission is locked before its claims, as everywhere: of this and a colleague's claim one comes first.
    """
    given = _mine(connection, opinion_id, reviewer_id)
    case = connection.execute(select(submission).where(submission.c.id == given.submission_id).with_for_update()).one()
    if case.state != State.IN_REVIEW or case.version != given.version:
        raise UndoTooLate("This can no longer be undone: the case has gone on since. If it is wrong, tell your lead.")
    _let_go_of_what_ran_out(connection, given.submission_id)
    _mark(connection, opinion_id)
    queue = Queue(given.from_queue)
    lifecycle.move(
        connection,
        given.submission_id,
        Event.PASSED_ON,
        actor=reviewer_id,
        detail={"opinion_undone": str(opinion_id), "queue": queue},
        queue=queue,
    )
    taken = grant(connection, given.submission_id, reviewer_id=reviewer_id, policy=policy)
    if taken is None:
        raise UndoTooLate("This can no longer be undone: somebody else is looking at the case.")
    return taken


def _mine(connection: Connection, opinion_id: UUID, reviewer_id: str) -> Row[Any]:
    mine = (opinion.c.id == opinion_id, opinion.c.reviewer_id == reviewer_id)
    row = connection.execute(select(opinion).where(*mine)).one_or_none()
    if row is None:
        raise NotFound("You made no such decision. Only who made a decision can undo it.")
    if row.undone_at is not None:
        raise AlreadyThere("This decision was undone already.")
    return row


def _mark(connection: Connection, opinion_id: UUID) -> None:
    marked = connection.execute(
        update(opinion).where(opinion.c.id == opinion_id, opinion.c.undone_at.is_(None)).values(undone_at=func.now())
    )
    if marked.rowcount != 1:
        raise AlreadyThere("This decision was undone already.")


def _let_go_of_what_ran_out(connection: Connection, submission_id: UUID) -> None:
    """A claim whose lease ran out keeps nobody."""
    here = (claim.c.submission_id == submission_id, claim.c.state == "live")
    ended = connection.execute(
        update(claim)
        .where(*here, claim.c.lease_until <= func.now())
        .values(state="expired", ended_at=func.now())
        .returning(claim)
    ).one_or_none()
    if ended is not None:
        tell(connection, ended, "claim.expired")
