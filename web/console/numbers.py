import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from config.container import Container
from pipeline.access.staff.accounts import list_people
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, Problem
from pipeline.review.quality.adjudication import adjudications
from pipeline.review.quality.metrics import quality
from pipeline.submission.lifecycle import Queue
from schemas.base import Frozen
from schemas.quality import ForecastLine, QualityLine, QualityView, ReasonLine
from web.api.dependencies import Tools
from web.console.quality_charts import charts_of
from web.console.queues import TITLES
from web.console.render import render
from web.console.session import Person, needs

router = APIRouter(prefix="/quality")

Measuring = Annotated[Person, Depends(needs(Right.STATISTICS))]
Table = Literal["weeks", "reviewers", "queues", "reasons", "forecast"]
WEEKS: Final = (4, 8, 13, 26, 52)
_BEGINS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_COLUMNS: Final[dict[Table, type[Frozen]]] = {
    "weeks": QualityLine,
    "reviewers": QualityLine,
    "queues": QualityLine,
    "reasons": ReasonLine,
    "forecast": ForecastLine,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which weeks, queue and reviewer the numbers are about."""

    weeks: int
    until: str
    last: date | None
    queue: str | None
    reviewer: str | None

    @property
    def query(self) -> dict[str, str]:
        """The same as the query of an address."""
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
    """The page."""
    view = _view(tools, asked)
    return render(
        request,
        "quality.html",
        view=view,
        asked=asked,
        charts=charts_of(view),
        titles=TITLES,
        queues=[Queue.AVATAR, Queue.VERIFICATION],
        reviewers=[each.reviewer_id for each in list_people(db=tools.db, rules=tools.policy.sign_in)],
        choices=WEEKS,
        open_disagreements=len(adjudications(context=tools.review)),
        zone=tools.policy.clock.timezone,
    )


@router.get("/tables/{table}")
def get_table(tools: Tools, _person: Measuring, table: Table, asked: Filter) -> Response:
    """One of its tables, as CSV."""
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


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """One line for the columns and one for each row (RFC 4180); what is None is empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([cell(column) for column in columns])
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def cell(value: object) -> object:
    """A number as it is. A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection)."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    written = str(value)
    return f"'{written}" if written.lstrip(" ").startswith(_BEGINS_FORMULA) else written


def _view(tools: Container, asked: Asked) -> QualityView:
    return quality(
        now=clock.now(),
        weeks=asked.weeks,
        last=asked.last,
        queue=asked.queue,
        reviewer=asked.reviewer,
        context=tools.review,
    )
