"""What a reviewer has to do with a case, as the rules want to know it: loaded beside a claim, or asked for alone."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, bindparam, exists, literal, select

from pipeline.access.staff.relations import is_related
from pipeline.access.staff.tables import reviewer
from pipeline.review.claims.rules import Ties, require_may_have
from pipeline.review.tables import OPINION_STANDING, opinion, skip
from pipeline.submission.tables import submission

_SKIPPED: Final = exists(literal(1)).where(skip.c.submission_id == submission.c.id, skip.c.reviewer_id == reviewer.c.id)
_HAS_OPINION: Final = exists(literal(1)).where(
    opinion.c.submission_id == submission.c.id, opinion.c.reviewer_id == reviewer.c.id, OPINION_STANDING
)
UNTIED: Final[tuple[ColumnElement[bool], ...]] = (~is_related(), ~_SKIPPED, ~_HAS_OPINION)
"""A query's reviewers who may have its submissions, as far as a blind look is none of it."""

TIES: Final = (
    is_related().label("related"),
    _SKIPPED.label("skipped"),
    _HAS_OPINION.label("has_opinion"),
)
"""Columns for a query of one submission and one reviewer."""

_ONE: Final = (
    select(*TIES)
    .select_from(submission.join(reviewer, reviewer.c.id == bindparam("reviewer")))
    .where(submission.c.id == bindparam("of"))
)


def ties_of(row: Row[Any]) -> Ties:
    """The ties in a row with the columns TIES."""
    return Ties(related=row.related, skipped=row.skipped, has_opinion=row.has_opinion)


def require_untied(
    connection: Connection, submission_id: UUID, reviewer_id: str, *, know_outcome: Sequence[str] = ()
) -> None:
    """Raises Forbidden where this reviewer may not have this case. `know_outcome`: who could know how a blind case was decided."""
    row = connection.execute(_ONE, {"of": submission_id, "reviewer": reviewer_id}).one()
    known = reviewer_id in know_outcome
    require_may_have(Ties(row.related, row.skipped, row.has_opinion, knows_outcome=known))
