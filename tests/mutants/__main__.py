"""`python -m tests.mutants`: change the code of the promises a little, many times, and count the changes that no test notices."""

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from tests.mutants.copies import copy_to, environment_for
from tests.support.lanes import offered

LEAST_PERCENT = 90
KILLED = ("killed", "timeout")
MUTMUT = Path(sys.executable).with_name("mutmut")


def verdicts(tree: Path) -> dict[str, str]:
    """What became of each mutant, by its name."""
    command = [str(MUTMUT), "results", "--all", "true"]
    listed = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout
    lines = (line.strip().rpartition(": ") for line in listed.splitlines() if "__mutmut_" in line)
    return {name: verdict for name, _, verdict in lines}


def shown(tree: Path, mutant: str) -> str:
    """A mutant as the lines that it changes."""
    command = [str(MUTMUT), "show", mutant]
    diff = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout
    changed = [line for line in diff.splitlines() if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"}]
    return "\n".join([mutant, *changed])


def main(
    lanes: Annotated[
        int, typer.Option(min=1, help="How many mutants are tried at a time; each has servers of its own.")
    ] = 2,
) -> None:
    """Print the survivors and the share of mutants that were killed; exit 1 below the least share."""
    with tempfile.TemporaryDirectory(prefix="proofdesk-mutants-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        tree = copy_to(folder)
        with offered(folder, lanes) as there:
            environment = environment_for(tree, there)
            environment.pop("PYTHONPATH")  # mutmut puts its own copy first
            subprocess.run([str(MUTMUT), "run", "--max-children", str(lanes)], cwd=tree, env=environment, check=True)
        found = verdicts(tree)
        for mutant in [name for name, verdict in found.items() if verdict not in KILLED]:
            typer.echo(f"\n{found[mutant]}: {shown(tree, mutant)}")
    _sum_up(found)


def _sum_up(found: dict[str, str]) -> None:
    counts = Counter(found.values())
    killed = sum(counts[verdict] for verdict in KILLED)
    percent = 100 * killed / len(found)
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    typer.echo(f"\n{len(found)} mutants: {words}. Killed: {percent:.1f} %.")
    if percent < LEAST_PERCENT:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
