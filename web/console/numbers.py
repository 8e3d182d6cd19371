"""The lead's page of numbers: charts and tables by week, reviewer, queue and reason, and each table for a spreadsheet."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from config.container import Container
from pipeline.access.staff.accounts import list_people
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, Problem
from pipeline.review.quality.adjudication import adjudications
from pipeline.review.quality.metrics import quality
from pipeline.submission.queues import Queue
from schemas.base import Frozen
from schemas.quality import ForecastLine, QualityLine, QualityView, ReasonLine
from web.api.dependencies import Tools
from web.console.quality_charts import charts_of
from web.console.queues import TITLES
from web.console.render import render
from web.console.session import Person, needs
from web.console.spreadsheet import csv_of

router = APIRouter(prefix="/quality")

Measuring = Annotated[Person, Depends(needs(Right.STATISTICS))]
Table = Literal["weeks", "reviewers", "queues", "reasons", "forecast"]
WEEKS: Final = (4, 8, 13, 26, 52)
_COLUMNS: Final[dict[Table, type[Frozen]]] = {
    "weeks": QualityLine,
    "reviewers": QualityLine,
    "queues": QualityLine,
    "reasons": ReasonLine,
    "forecast": ForecastLine,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the numbers are to be of."""

    weeks: int
    until: str
    last: date | None
    queue: str | None
    reviewer: str | None

    @property
    def query(self) -> dict[str, str]:
        """As it stands in an address."""
        given = {"weeks": str(self.weeks), "until": self.until, "queue": self.queue, "reviewer": self.reviewer}
        return {name: value for name, value in given.items() if value}


def _asked(
    weeks: Annotated[int, Query(ge=1, le=104)] = 8,
    until: Annotated[str, Query(max_length=10)] = "",
    queue: Annotated[str, Query(max_length=100)] = "",
    reviewer: Annotated[str, Query(max_length=100)] = "",
) -> Asked:
    return Asked(weeks, until, day_of(until) if until else None, queue or None, reviewer or None)


Filter = Annotated[Asked, Depends(_asked)]


@router.get("")
def get_numbers(request: Request, tools: Tools, _person: Measuring, asked: Filter) -> Response:
    """Everything on one page."""
    view = _view(tools, asked)
    return render(request, "quality.html", **_values(tools, asked, view))


@router.get("/tables/{table}")
def get_table(tools: Tools, _person: Measuring, table: Table, asked: Filter) -> Response:
    """One table of it, as CSV."""
    rows: tuple[Frozen, ...] = getattr(_view(tools, asked), table)
    columns = list(_COLUMNS[table].model_fields)
    text = csv_of(columns, ([getattr(row, column) for column in columns] for row in rows))
    headers = {"Content-Disposition": f'attachment; filename="quality-{table}.csv"'}
    return Response(text, media_type="text/csv", headers=headers)


def day_of(week: str) -> date:
    """The Monday of an ISO week such as 2026-W47. Raises Invalid."""
    try:
        return date.fromisoformat(f"{week}-1")
    except ValueError as error:
        raise Invalid([Problem("until", "unknown_week", "Give a week as 2026-W47.")]) from error


def _view(tools: Container, asked: Asked) -> QualityView:
    return quality(
        now=clock.now(),
        weeks=asked.weeks,
        last=asked.last,
        queue=asked.queue,
        reviewer=asked.reviewer,
        context=tools.review,
    )


def _values(tools: Container, asked: Asked, view: QualityView) -> dict[str, Any]:
    return {
        "view": view,
        "asked": asked,
        "charts": charts_of(view),
        "titles": TITLES,
        "queues": [Queue.AVATAR, Queue.VERIFICATION],
        "reviewers": [each.reviewer_id for each in list_people(db=tools.db, rules=tools.policy.sign_in)],
        "choices": WEEKS,
        "open_disagreements": len(adjudications(context=tools.review)),
        "zone": tools.policy.clock.timezone,
    }
