"""Which blind case a reviewer is given. Each statement is built once for each form, and PostgreSQL keeps its plan.

The parameters are those of a seeker (`waiting.parameters`), and `keep`: how long a sampled case is given out.
"""

from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Interval, Select, Text, and_, any_, bindparam, exists, func, or_, select

from pipeline.database import constant
from pipeline.review.quality.rules import Turn
from pipeline.review.quality.tables import check, golden
from pipeline.review.tables import claim, reviewer
from pipeline.review.waiting import ONE, suits, texts
from pipeline.tables import STANDING, decision, submission

_SEEN: Final = submission.alias("seen")
_WHO: Final = bindparam("reviewer", type_=Text)


@cache
def sampled(*, by_language: bool, by_kind: bool) -> Select[Any]:
    """The sampled case that has waited longest, locked."""
    now = func.now()
    opened = (check.c.opens_at <= now, check.c.opens_at > now - bindparam("keep", type_=Interval))
    return (
        select(check.c.id)
        .join(submission, submission.c.id == check.c.submission_id)
        .join(decision, decision.c.id == check.c.decision_id)
        .where(check.c.kind == constant(Turn.SAMPLE), check.c.answered_at.is_(None), *opened)
        .where(STANDING, decision.c.effects_at <= now)
        .where(check.c.queue == any_(texts("queues")), *_theirs(by_language=by_language, by_kind=by_kind))
        .order_by(check.c.opens_at, check.c.id)
        .limit(ONE)
        .with_for_update(skip_locked=True, of=check)
    )


@cache
def marked(*, by_language: bool, by_kind: bool) -> Select[Any]:
    """A golden case that this reviewer has not had, or has given back: then with its check."""
    mine = and_(check.c.golden_id == golden.c.id, check.c.reviewer_id == _WHO)
    offered = (golden.c.id, golden.c.submission_id, golden.c.decision_id, golden.c.version, golden.c.queue)
    return (
        select(*offered, check.c.id.label("check_id"))
        .join(submission, submission.c.id == golden.c.submission_id)
        .join(decision, decision.c.id == golden.c.decision_id)
        .outerjoin(check, mine)
        .where(golden.c.retired_at.is_(None), check.c.answered_at.is_(None))
        .where(golden.c.queue == any_(texts("queues")), *_theirs(by_language=by_language, by_kind=by_kind))
        .order_by(golden.c.id)
        .limit(ONE)
    )


def knows(who: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the reviewer had this very case, other than by this blind look, or any case of its member since the decision."""
    had = (claim.c.submission_id == _SEEN.c.id, claim.c.reviewer_id == who)
    telling = or_(_SEEN.c.id == submission.c.id, claim.c.claimed_at >= decision.c.decided_at)
    other = or_(claim.c.check_id.is_(None), claim.c.check_id.is_distinct_from(check.c.id))
    same_member = _SEEN.c.member_id == submission.c.member_id
    return exists().where(*had, same_member, telling, other).correlate(submission, decision, check, reviewer)


def _theirs(*, by_language: bool, by_kind: bool) -> list[ColumnElement[bool]]:
    held = exists().where(claim.c.check_id == check.c.id, claim.c.state == constant("live")).correlate(check)
    read = [submission.c.language == any_(texts("languages"))] if by_language else []
    kinds = [submission.c.kind == any_(texts("kinds"))] if by_kind else []
    return [*suits(), *read, *kinds, ~held, ~knows(_WHO)]
