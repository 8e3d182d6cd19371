"""`python -m tests.day`: a marketplace's day in ten minutes, judged as the chaos run is.

Submissions come by all doors, and orders are told of; two services listen. One of them hangs for a quarter of the time; for a minute
the broker is full; a worker is killed.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from cli.output import AsJson, console, print_json
from config.logging import configure_logging
from tests.chaos.faults.broker import BrokerFull
from tests.chaos.faults.events import EndpointHangs
from tests.chaos.faults.processes import WorkerKilled
from tests.chaos.latency import CALM
from tests.chaos.report import is_clean, show
from tests.chaos.run import Wish, run_in
from tests.chaos.storm import Strike

ORDERS: Final = 0.2
"""Of all events."""
MOST_TIMES: Final = 2.0
"""How many times as long as in the calm 99 of 100 may wait for their review while an endpoint hangs."""
FULL_SECONDS: Final = 60


def strikes(seconds: float) -> Sequence[Strike]:
    """What goes wrong, in seconds after the first tenth of the time."""
    return (
        Strike(0.1 * seconds, EndpointHangs, 1, lasts=0.25 * seconds),
        Strike(0.5 * seconds, BrokerFull, 2, lasts=min(FULL_SECONDS, 0.1 * seconds)),
        Strike(0.7 * seconds, WorkerKilled, 3),
    )


def day(
    seconds: Annotated[float, typer.Option(min=1, help="How long the day is.")] = 600,
    events: Annotated[int, typer.Option(min=10, help="Submissions and orders together.")] = 5000,
    seed: Annotated[int, typer.Option(help="Decides what is sent.")] = 1,
    as_json: AsJson = False,  # noqa: FBT002  (a command's flags are its parameters)
) -> None:
    """Live one; exit 1 when anything was lost, done twice or is not as it must be, or when the hanging endpoint held others up."""
    os.environ.pop("PROOFDESK_HOME", None)
    configure_logging("day", level="ERROR")
    orders = round(events * ORDERS)
    report = run_in(Wish(seconds, seed, events - orders, strikes(seconds), orders), None)
    ratio = _times_as_long(report)
    if as_json:
        print_json({**report, "hang_to_calm_p99": ratio})
    else:
        show(report)
        said = "nobody" if ratio is None else f"{ratio} times as long as in the calm, at most {MOST_TIMES}"
        console.print(f"While an endpoint hung, 99 of 100 waited for their review: {said}.", markup=False)
    if not is_clean(report) or ratio is None or ratio > MOST_TIMES:
        raise typer.Exit(1)


def _times_as_long(report: Mapping[str, Any]) -> float | None:
    during, calm = (report["inspection_seconds"][name]["p99"] for name in (EndpointHangs.name, CALM))
    return round(during / calm, 2) if during and calm else None


if __name__ == "__main__":
    typer.run(day)
