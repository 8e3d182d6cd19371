"""`python -m tests.bench PART [--json]`: measures on this machine, with the goals beside. Nothing here fails a run."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Final

import typer

from cli.output import AsJson, print_json, print_table
from config.logging import configure_logging
from tests.bench import claims, console, counts, fingerprints, fork_servers, growth, inspection, webhooks
from tests.bench.measure import Measure

PARTS: Final[Mapping[str, Callable[[], list[Measure]]]] = {
    "inspect": inspection.measures,
    "fork-servers": fork_servers.measures,
    "fingerprints": fingerprints.measures,
    "claims": claims.measures,
    "console": console.measures,
    "growth": growth.measures,
    "counts": counts.measures,
    "webhooks": webhooks.measures,
}


def bench(
    part: Annotated[str, typer.Argument(help=f"One of: {', '.join(PARTS)}.", metavar="PART")],
    as_json: AsJson = False,  # noqa: FBT002  # a command's flags are its parameters
) -> None:
    """Measure one part of the pipeline."""
    if part not in PARTS:
        raise typer.BadParameter(f"There is no part {part}. Name one of: {', '.join(PARTS)}.")
    configure_logging("bench", level="WARNING")
    found = PARTS[part]()
    if as_json:
        print_json({"part": part, "measures": [asdict(each) | {"reached": each.reached} for each in found]})
        return
    print_table(["what", "measured", "goal"], [_cells(each) for each in found], title=f"bench: {part}")


def _cells(measure: Measure) -> list[str]:
    measured = f"{measure.value:.2f} {measure.unit}"
    if measure.goal is None:
        return [measure.what, measured, ""]
    sign = {"at most": "≤", "at least": "≥"}[measure.bound]
    return [measure.what, measured, f"{sign} {measure.goal:g} {'reached' if measure.reached else 'missed'}"]


if __name__ == "__main__":
    typer.run(bench)
