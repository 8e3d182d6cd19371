"""What two people think of a case that needs two: kept until they agree, or until a senior settles it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select

from pipeline import lifecycle
from pipeline.ids import new_id
from pipeline.lifecycle import Event
from pipeline.queues import Queue
from pipeline.review.course import Course
from pipeline.review.tables import escalation, opinion
from schemas.cases import EscalationView, OpinionView
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
    state = lifecycle.move(
        connection,
        subject.id,
        Event.PASSED_ON,
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
