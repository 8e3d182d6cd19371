"""`python -m tests.chaos`: traffic through all doors while things break, then equality of what was accepted and what ended."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.output import AsJson, print_json
from config.logging import configure_logging
from tests.chaos.report import is_clean, show
from tests.chaos.run import run_in, stormy

SECONDS_BETWEEN_FAULTS = 5


def chaos(
    seconds: Annotated[float, typer.Option(min=1, help="How long traffic flows.")] = 60,
    seed: Annotated[int, typer.Option(help="Decides what is sent and what breaks.")] = 1,
    submissions: Annotated[int, typer.Option(min=1, help="How many.")] = 200,
    faults: Annotated[int | None, typer.Option(min=0, help="How many; one in 5 s without it.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="A fault by its name, as often as you like; all without it.")
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="Run in this folder and keep what is in it.")] = None,
    as_json: AsJson = False,  # noqa: FBT002  (a command's flags are its parameters)
) -> None:
    """Break things for a while; exit 1 when anything was lost, done twice, or is not as it must be."""
    os.environ.pop("PROOFDESK_HOME", None)
    configure_logging("chaos", level="ERROR")
    breaks = round(seconds / SECONDS_BETWEEN_FAULTS) if faults is None else faults
    wish = stormy(seconds=seconds, seed=seed, submissions=submissions, faults=breaks, only=only or ())
    report = run_in(wish, keep)
    if as_json:
        print_json(report)
    else:
        show(report)
    if not is_clean(report):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(chaos)
