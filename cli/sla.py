from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from cli.output import AsJson, print_listed
from cli.tools import tools
from pipeline.kernel import clock
from pipeline.workflows.sla_report import SlaWeek, sla_weeks


def sla(
    days: Annotated[int, typer.Option(min=1, max=3650, help="Submissions accepted within so many days.")] = 56,
    as_json: AsJson = False,
) -> None:
    """Report how many results were in time, and how long they took in working hours, by kind and week of acceptance."""
    now = clock.now()
    with tools() as tool:
        found = sla_weeks(since=now - timedelta(days=days), now=now, db=tool.reading, clock=tool.policy.clock)
    columns = ["week", "kind", "kept", "late", "waiting", "in time", "p50", "p90", "p99"]
    empty = f"Nothing was accepted in the last {days} days."
    print_listed([asdict(each) for each in found], columns, map(_row, found), as_json=as_json, empty=empty)


def _row(each: SlaWeek) -> list[object]:
    hours = [None if value is None else f"{value} h" for value in (each.p50_hours, each.p90_hours, each.p99_hours)]
    kept = None if each.kept_percent is None else f"{each.kept_percent} %"
    return [each.week, each.kind, each.kept, each.late, each.waiting, kept, *hours]
