"""What two people think of a case that needs two: kept until they agree, or until a senior settles it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update

from pipeline.kernel.errors import AlreadyThere, NotFound, UndoTooLate
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.review.claims.grant import grant, tell
from pipeline.review.decisions.rules.four_eyes import Course
from pipeline.review.tables import claim, escalation, opinion
from pipeline.submission import lifecycle
from pipeline.submission.lifecycle import State, Transition
from pipeline.submission.queues import Queue
from pipeline.submission.tables import submission
from schemas.cases import EscalationView, OpinionView
from schemas.claims import Claim
from schemas.decisions import Decided, DecisionRequest

WAITS_IN: Final[Mapping[Course, Queue]] = {Course.SECOND: Queue.SECOND, Course.SPLIT: Queue.SENIOR}
_BOTH: Final = 2


def standing_opinions(connection: Connection, submission_id: UUID) -> Sequence[Row[Any]]:
    """What others think of the case, the earliest first."""
    theirs = (opinion.c.submission_id == submission_id, opinion.c.undone_at.is_(None))
    return connection.execute(select(opinion).where(*theirs).order_by(opinion.c.id)).all()


def record_opinion(
    connection: Connection, given: Mapping[str, Any], command: DecisionRequest, subject: Row[Any], where: Course
) -> Decided:
    """Keep what a person thinks and pass the case on to the next one. History says that it went on, not what was thought."""
    opinion_id = new_id()
    queue = WAITS_IN[where]
    state = lifecycle.transition(
        connection,
        subject.id,
        Transition.PASSED_ON,
        actor=given["reviewer_id"],
        version=command.version,
        detail={"opinion_id": str(opinion_id), "queue": queue},
        queue=queue,
    )
    row = {**given, "id": opinion_id, "from_queue": subject.queue, "version": subject.version + 1}
    given_at = connection.execute(insert(opinion).values(row).returning(opinion.c.given_at)).scalar_one()
    return Decided(
        id=opinion_id,
        submission_id=subject.id,
        verdict=command.verdict,
        state=state,
        decided_at=given_at,
        effects_at=None,
        waits_in=queue,
    )


def opinions_shown(connection: Connection, submission_id: UUID) -> tuple[OpinionView, ...]:
    """Both sides of a split; nothing while there is one side only, which the second person must not know."""
    rows = standing_opinions(connection, submission_id)
    if len(rows) < _BOTH:
        return ()
    return tuple(
        OpinionView(
            reviewer=row.reviewer_id,
            **{name: getattr(row, name) for name in OpinionView.model_fields if name != "reviewer"},
        )
        for row in rows
    )


def escalations_shown(connection: Connection, subject: Row[Any]) -> tuple[EscalationView, ...]:
    """Why it was passed on to the seniors, for them."""
    if subject.queue != Queue.SENIOR:
        return ()
    rows = connection.execute(
        select(escalation).where(escalation.c.submission_id == subject.id).order_by(escalation.c.at)
    )
    return tuple(EscalationView(reviewer=row.reviewer_id, note=row.note, at=row.at) for row in rows)


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
    lifecycle.transition(
        connection,
        given.submission_id,
        Transition.PASSED_ON,
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
