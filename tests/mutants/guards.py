"""`python -m tests.mutants.guards`: take each guard out of a copy of the tree, and see the test fail that is named for it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tests.mutants.copies import copy_to, environment_for
from tests.mutants.table import GUARDS, Guard
from tests.support.lanes import offered

PASSED, FAILED = 0, 1
"""pytest's exit codes; any other one means that the test did not run."""

SECONDS_FOR_TESTS = 1200


class NotRemoved(Exception):
    """The text that a guard's removal looks for is not there, or more than once."""


@contextmanager
def removed(guard: Guard, tree: Path) -> Iterator[None]:
    """The copy without the guard, for the length of the block. Raises NotRemoved."""
    file = tree / guard.file
    whole = file.read_text()
    broken = whole
    for there, left in guard.edits:
        if broken.count(there) != 1:
            raise NotRemoved(f"{guard.file} has this {broken.count(there)} times, not once: {there!r}")
        broken = broken.replace(there, left)
    file.write_text(broken)
    try:
        yield
    finally:
        file.write_text(whole)


def verdict_of(tests: Iterable[str], tree: Path, environment: dict[str, str]) -> int:
    """pytest's exit code for these tests of the copy."""
    named = [f"tests/integration/{test}" for test in tests]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *named]
    ran = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, timeout=SECONDS_FOR_TESTS, check=False
    )
    return ran.returncode


def check(guard: Guard, tree: Path, environment: dict[str, str]) -> str:
    """`guarded` where the test fails without the guard; else what is wrong."""
    with removed(guard, tree):
        code = verdict_of([guard.test], tree, environment)
    return {PASSED: "NOT GUARDED", FAILED: "guarded"}.get(code, "THE TEST DID NOT RUN")


def main(only: Annotated[str, typer.Option(help="Guards whose name holds these words.")] = "") -> None:
    """Print the table of docs/reliability.md; exit 1 when a guard can go without a test noticing."""
    chosen = [guard for guard in GUARDS if only.lower() in guard.name.lower()]
    with tempfile.TemporaryDirectory(prefix="proofdesk-guards-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        tree = copy_to(folder)
        typer.echo("| guard | where | test that fails without it | result |\n|---|---|---|---|")
        with offered(folder, 1) as lanes:
            environment = environment_for(tree, lanes)
            if verdict_of(sorted({guard.test for guard in chosen}), tree, environment) != PASSED:
                sys.exit("The tests do not pass with every guard in its place.")
            results = [_printed(guard, check(guard, tree, environment)) for guard in chosen]
    wrong = [result for result in results if result != "guarded"]
    typer.echo(f"{len(chosen) - len(wrong)} of {len(chosen)} guards have a test that fails without them.")
    if wrong:
        raise typer.Exit(1)


def _printed(guard: Guard, result: str) -> str:
    typer.echo(f"| {guard.name} | `{guard.file}` | `{guard.test}` | {result} |")
    return result


if __name__ == "__main__":
    typer.run(main)
