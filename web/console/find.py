"""Find what became of a submission, or of a member's."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from config.container import Container
from pipeline.kernel import clock
from pipeline.kernel.errors import NotFound
from pipeline.review.quality.blinding import blind_submissions_of
from pipeline.submission.lifecycle import State
from pipeline.workflows.submission_views import Filters, submission_of, submissions
from schemas.submissions import SubmissionLine
from web.api.dependencies import Tools
from web.console.forms import Reviewing
from web.console.render import render

router = APIRouter()

_MOST: Final = 20


@router.get("/find")
def find(request: Request, tools: Tools, person: Reviewing, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    """By a member's id, a submission's id, or a correlation id; the latest first."""
    written = q.strip()
    blind = blind_submissions_of(person.reviewer_id, db=tools.db)
    found = [_as_told(line, blind) for line in _found(tools, written)] if written else []
    return render(request, "found_part.html", q=written, found=found, now=clock.now())


def _found(tools: Container, written: str) -> Sequence[SubmissionLine]:
    if (known := _as_id(written)) is not None:
        try:
            one = submission_of(known, db=tools.db, policy=tools.policy)
        except NotFound:
            return ()
        fields = {name: getattr(one, name) for name in SubmissionLine.model_fields if name != "due_at"}
        return (SubmissionLine(**fields, due_at=one.due.promise_at),)
    for filters in (Filters(member_id=written), Filters(correlation_id=written)):
        page = submissions(filters, cursor=None, limit=_MOST, db=tools.db)
        if page.items:
            return page.items
    return ()


def _as_told(line: SubmissionLine, blind: frozenset[UUID]) -> SubmissionLine:
    """Who holds a case blind finds it in review, as any other case that they hold."""
    return line.model_copy(update={"state": State.IN_REVIEW, "closed_at": None}) if line.id in blind else line


def _as_id(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None
