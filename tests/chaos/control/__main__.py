"""`python -m tests.chaos.control`: the same driver against plain dramatiq on Redis, to show that it can see loss."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli.output import AsJson, print_fields, print_json
from config.logging import configure_logging
from tests.chaos.control.run import run

SECONDS_BETWEEN_FAULTS = 5


def control(
    seconds: Annotated[float, typer.Option(min=1, help="How long traffic flows.")] = 60,
    seed: Annotated[int, typer.Option(help="Decides what is sent and what breaks.")] = 1,
    submissions: Annotated[int, typer.Option(min=1, help="How many.")] = 600,
    faults: Annotated[int | None, typer.Option(min=0, help="How many; one in 5 s without it.")] = None,
    as_json: AsJson = False,  # noqa: FBT002  (a command's flags are its parameters)
) -> None:
    """Break things for a while and count what was lost or done twice. It is not a failure that some was."""
    os.environ.pop("PROOFDESK_HOME", None)
    configure_logging("control", level="ERROR")
    breaks = round(seconds / SECONDS_BETWEEN_FAULTS) if faults is None else faults
    with tempfile.TemporaryDirectory(prefix="proofdesk-control-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        report = run(folder, seconds=seconds, seed=seed, submissions=submissions, faults=breaks)
    if as_json:
        print_json(report)
        return
    print_fields({**report, **{name: len(report[name]) for name in ("lost", "late", "twice")}})


if __name__ == "__main__":
    typer.run(control)
