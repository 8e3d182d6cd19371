"""Which case is next for a reviewer: the soonest due of the lanes (queue and language) that are theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    Values,
    column,
    exists,
    literal,
    select,
    true,
    values,
)

from pipeline.lifecycle import State
from pipeline.queues import Queue
from pipeline.review.tables import ON_MEMBERS_CASES, claim, opinion, skip
from pipeline.tables import submission

ANY: Final = ""


@dataclass(frozen=True, slots=True)
class Seeker:
    """Who looks for a case: which queues, in which languages (none: any), of which kinds (none: any), and whose never."""

    reviewer_id: str
    queues: Sequence[Queue]
    languages: Sequence[str] = ()
    kinds: Sequence[str] = ()
    related: Sequence[str] = ()


def next_waiting(connection: Connection, seeker: Seeker) -> UUID | None:
    """The case that is due soonest, locked; one that somebody else has locked at this moment is passed over.

    Each lane is an index of its own in the order of due times, so this takes the same time however many wait.
    """
    lanes = _lanes(seeker)
    heads = _heads(lanes, seeker)
    first = (
        _of_lane(heads, seeker, submission.c.id)
        .with_for_update(skip_locked=True, key_share=True, of=submission)
        .lateral("first")
    )
    found = select(first.c.id).select_from(heads.join(first, true())).limit(1)
    return connection.execute(found).scalar_one_or_none()


def _lanes(seeker: Seeker) -> Values:
    rows = [(queue.value, language) for queue in seeker.queues for language in seeker.languages or (ANY,)]
    return values(column("queue", Text), column("language", Text), name="lane").data(rows)


def _heads(lanes: Values, seeker: Seeker) -> FromClause:
    """The lanes in which somebody waits, the soonest due first."""
    head = _of_lane(lanes, seeker, submission.c.due_at).lateral("head")
    query = select(lanes.c.queue, lanes.c.language, head.c.due_at).select_from(lanes.join(head, true()))
    return query.order_by(head.c.due_at).subquery("lanes")


def _of_lane(lanes: FromClause, seeker: Seeker, what: ColumnElement[Any]) -> Select[Any]:
    mine = [submission.c.queue == lanes.c.queue]
    if seeker.languages:
        mine.append(submission.c.language == lanes.c.language)
    return (
        select(what)
        .where(submission.c.state == State.IN_REVIEW, *mine, *_offered_to(seeker))
        .order_by(submission.c.due_at, submission.c.id)
        .limit(1)
        .correlate(lanes)
    )


def _offered_to(seeker: Seeker) -> Sequence[ColumnElement[bool]]:
    held = exists(literal(1)).where(claim.c.submission_id == submission.c.id, claim.c.state == "live", ON_MEMBERS_CASES)
    return [~held, *suits(seeker)]


def suits(seeker: Seeker) -> Sequence[ColumnElement[bool]]:
    """What a submission must be like for the seeker to have it, whichever lane it is in."""
    here = submission.c.id
    conditions: list[ColumnElement[bool]] = [
        ~exists(literal(1)).where(skip.c.submission_id == here, skip.c.reviewer_id == seeker.reviewer_id),
        ~exists(literal(1)).where(
            opinion.c.submission_id == here,
            opinion.c.reviewer_id == seeker.reviewer_id,
            opinion.c.undone_at.is_(None),
        ),
    ]
    if seeker.related:
        conditions.append(submission.c.member_id.not_in(seeker.related))
    if seeker.kinds:
        conditions.append(submission.c.kind.in_(seeker.kinds))
    return conditions
