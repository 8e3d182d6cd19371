"""`python -m tests.soak`: traffic for an hour without faults. The memory of every process of ours must stay, and nothing may be lost."""

import os
from typing import Annotated, Final

import typer

from cli.output import AsJson, print_json, print_table
from config.logging import configure_logging
from tests.chaos.report import is_clean, show
from tests.chaos.run import Wish, run_in
from tests.soak.memory import Observer

MOST_PERCENT: Final = 5.0
"""By so much a process may be larger at the end than after it was warm."""
AN_ORDER: Final = 10


def soak(
    minutes: Annotated[float, typer.Option(min=1, help="How long traffic flows.")] = 60,
    warm: Annotated[float, typer.Option(min=0.1, help="Minutes that count as warming up.")] = 10,
    per_second: Annotated[float, typer.Option(min=0.1, help="Submissions.")] = 1.5,
    seed: Annotated[int, typer.Option(help="Decides what is sent.")] = 1,
    as_json: AsJson = False,  # noqa: FBT002  (a command's flags are its parameters)
) -> None:
    """Exit 1 when a process grew by more than 5 %, or when anything was lost, done twice or is not as it must be."""
    os.environ.pop("PROOFDESK_HOME", None)
    configure_logging("soak", level="ERROR")
    seconds = minutes * 60
    submissions = round(seconds * per_second)
    observer = Observer(warm=warm * 60)
    report = run_in(Wish(seconds, seed, submissions, (), submissions // AN_ORDER), None, beside=observer.beside)
    growth, grown = observer.growth(), observer.grown()
    if as_json:
        print_json({**report, "memory": growth, "bytes_for_a_submission": grown})
    else:
        show(report)
        rows = [(name, *found.values()) for name, found in growth.items()]
        columns = ("process", "MiB when warm", "MiB at the end", "%", "restarts")
        print_table(columns, rows, title="Memory of its own", empty="Nothing was sampled.")
        print_table(("table", "bytes"), list(grown.items()), title="Growth for a submission", empty="Nothing grew.")
    flat = all(found["percent"] <= MOST_PERCENT and not found["restarts"] for found in growth.values())
    if not is_clean(report) or not flat:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(soak)
