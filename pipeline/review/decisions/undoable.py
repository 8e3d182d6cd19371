"""What a person has decided and may still take back."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select, union_all

from pipeline.kernel.database import Database
from pipeline.review.tables import ANSWER_STANDING, OPINION_STANDING, answer, check, opinion
from pipeline.submission.tables import STANDING, decision, submission
from schemas.decisions import Undoable

_NAME: Final = func.coalesce(submission.c.member["name"].as_string(), "").label("name")


def undoable(reviewer_id: str, *, window_seconds: int, db: Database) -> tuple[Undoable, ...]:
    """The decisions, opinions and answers to blind looks of this person, the earliest first, with the seconds that are left to undo each.

    An opinion may be taken back until somebody else has the case; it is listed for as long as a decision.
    """
    window = func.make_interval(0, 0, 0, 0, 0, 0, window_seconds)
    mine = union_all(
        _of(decision, decision.c.decided_at, decision.c.effects_at)
        .join(submission, submission.c.id == decision.c.submission_id)
        .where(decision.c.reviewer_id == reviewer_id, STANDING, decision.c.decided_at >= func.now() - window),
        _of(answer, answer.c.decided_at, answer.c.effects_at)
        .join(check, check.c.id == answer.c.check_id)
        .join(submission, submission.c.id == check.c.submission_id)
        .where(answer.c.reviewer_id == reviewer_id, ANSWER_STANDING, answer.c.decided_at >= func.now() - window),
        _of(opinion, opinion.c.given_at, opinion.c.given_at + window)
        .join(submission, submission.c.id == opinion.c.submission_id)
        .where(opinion.c.reviewer_id == reviewer_id, OPINION_STANDING, opinion.c.given_at >= func.now() - window),
    ).subquery()
    left = func.extract("epoch", mine.c.until - func.now()).label("seconds_left")
    query = select(mine, left).where(mine.c.until > func.now()).order_by(mine.c.since)
    with db.read() as connection:
        rows = connection.execute(query).all()
    return tuple(Undoable(id=row.id, verdict=row.verdict, name=row.name, seconds_left=row.seconds_left) for row in rows)


def _of(table: Any, since: ColumnElement[Any], until: ColumnElement[Any]) -> Select[Any]:
    return select(table.c.id, table.c.verdict, _NAME, since.label("since"), until.label("until"))
