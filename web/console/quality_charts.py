from collections.abc import Callable

from schemas.quality import QualityLine, QualityView
from web.console.charts import Chart, Line

Number = Callable[[QualityLine], float | None]


def charts_of(view: QualityView) -> list[Chart]:
    """Agreement, errors, throughput and handling time, each over the weeks."""
    weeks = [week.name for week in view.weeks]

    def line(name: str, number: Number) -> Line:
        return Line(name, [number(week) for week in view.weeks])

    return [
        Chart(
            "agreement",
            "Agreement",
            "Cohen's kappa of first and second person: 1 is full agreement, 0 is chance.",
            weeks,
            [line("kappa", lambda week: week.kappa)],
        ),
        Chart(
            "errors",
            "Errors",
            "Percentage of judged verdicts that were wrong.",
            weeks,
            [line("wrong", lambda week: week.error_percent)],
            unit=" %",
            high=10,
        ),
        Chart(
            "throughput",
            "Throughput",
            "Cases decided by people.",
            weeks,
            [line("decided", lambda week: week.decided)],
            high=4,
        ),
        Chart(
            "handling",
            "Handling time",
            "Seconds of work on a case, without pauses: half of the cases took at most p50.",
            weeks,
            [
                line("p50", lambda week: week.p50_seconds),
                line("p90", lambda week: week.p90_seconds),
                line("p99", lambda week: week.p99_seconds),
            ],
            unit=" s",
            high=10,
        ),
    ]
