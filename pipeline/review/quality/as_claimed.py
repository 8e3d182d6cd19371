"""A claim's case as its page shows it: a blind one as it was when it was decided, in review and due as a case like it would be."""

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, or_

from pipeline.lifecycle import State
from pipeline.review.quality.tables import check
from pipeline.review.tables import ON_MEMBERS_CASES, claim
from pipeline.tables import submission

_KEPT: Final = ("version", "queue", "due_at", "target_at", "due_rule")

OPEN_CASE: Final = or_(
    and_(ON_MEMBERS_CASES, submission.c.state == State.IN_REVIEW),
    and_(claim.c.check_id.is_not(None), check.c.answered_at.is_(None)),
)
"""Whether a claim's case still waits for somebody, in a query that joins its check."""


def as_claimed(*names: str) -> list[ColumnElement[Any]]:
    """Columns of the submission (default: all), for a query that joins the claim and its check if it has one."""
    return [_seen(name).label(name) for name in names or submission.c.keys()]


def _seen(name: str) -> ColumnElement[Any]:
    own: ColumnElement[Any] = submission.c[name]
    if name == "state":
        return case((ON_MEMBERS_CASES, own), else_=State.IN_REVIEW.value)
    return func.coalesce(check.c[name], own) if name in _KEPT else own
