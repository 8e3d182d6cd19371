from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from cli.output import AsJson, console, print_json, print_table, styled
from cli.tools import tools
from pipeline.kernel import clock
from pipeline.review.quality.metrics import quality as measured
from schemas.quality import QualityLine, QualityView

_COLUMNS = ("decided", "pairs", "agree", "kappa", "to rule", "judged", "wrong", "golden", "p50", "p90", "p99")


def quality(
    weeks: Annotated[int, typer.Option(min=1, max=104, help="The number of weeks, with this one.")] = 8,
    queue: Annotated[str | None, typer.Option(help="Only this queue.")] = None,
    reviewer: Annotated[str | None, typer.Option(help="Only this reviewer.")] = None,
    as_json: AsJson = False,
) -> None:
    """Report agreement, error rates, handling times and a forecast. docs/quality.md defines each number."""
    with tools() as tool:
        view = measured(
            now=clock.now(), weeks=weeks, context=replace(tool.review, db=tool.reading), queue=queue, reviewer=reviewer
        )
    if as_json:
        print_json(view)
    else:
        _print(view)


def _print(view: QualityView) -> None:
    for title, lines in (("week", view.weeks), ("queue", view.queues), ("reviewer", view.reviewers)):
        print_table([title, *_COLUMNS], [_row(each) for each in lines], empty=f"No {title} yet.")
        console.print()
    columns = ["reason", "verdict", "given", "kappa", "judged", "wrong"]
    rows = [
        [each.reason, each.verdict, each.given, each.kappa, each.judged, _percent(each.error_percent)]
        for each in view.reasons
    ]
    print_table(columns, rows, empty="No reason yet.")
    console.print()
    columns = [
        "queue",
        "waiting",
        "overdue",
        "in/h",
        "out/h",
        "late of waiting",
        "expected",
        "late of expected",
        "empty in",
    ]
    print_table(columns, [_forecast(each.model_dump()) for each in view.forecast], empty="Nothing waits.")
    console.print(styled("[dim]{assumption}[/dim]", assumption=view.assumption))


def _row(line: QualityLine) -> Sequence[object]:
    times = [_seconds(each) for each in (line.p50_seconds, line.p90_seconds, line.p99_seconds)]
    right = f"{line.golden_right} of {line.golden}" if line.golden else None
    agree = _percent(line.agreement_percent)
    errors = _percent(line.error_percent)
    return [line.name, line.decided, line.pairs, agree, line.kappa, line.unruled, line.judged, errors, right, *times]


def _forecast(line: dict[str, object]) -> list[object]:
    hours = line.pop("hours_to_clear")
    return [*line.values(), None if hours is None else f"{hours} h"]


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value} %"


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f} s"
