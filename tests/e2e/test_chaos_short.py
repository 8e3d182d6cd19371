"""Nothing is lost and nothing happens twice while processes and servers are killed, frozen and emptied."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 22
SEED = 1
SUBMISSIONS = 40
FAULTS = 6
DEADLINE_SECONDS = 240


@pytest.mark.timeout(DEADLINE_SECONDS + 30)
def test_all_that_was_accepted_ends_once_although_things_break(tmp_path: Path) -> None:
    asked = {"seconds": SECONDS, "seed": SEED, "submissions": SUBMISSIONS, "faults": FAULTS, "keep": tmp_path}
    options = [part for name, value in asked.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "tests.chaos", "--json", *options]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=DEADLINE_SECONDS)

    assert run.stdout, run.stderr
    report = json.loads(run.stdout)
    wrong = {charge: report[charge] for charge in ("lost", "twice", "mismatches")}
    assert wrong == {"lost": [], "twice": [], "mismatches": []}
    assert sum(report["faults"].values()) == FAULTS
    assert report["accepted"] == report["ended"] > 30
    assert run.returncode == 0
