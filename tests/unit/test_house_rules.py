"""Rules that a reader of the code must be able to rely on."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("schemas", "pipeline", "config", "workers", "web", "cli")


def test_nobody_sends_domain_work_past_the_ledger() -> None:
    files = [file for room in OURS for file in (ROOT / room).rglob("*.py")]

    sending = [
        str(file.relative_to(ROOT))
        for file in files
        if ".send(" in file.read_text() or "send_with_options" in file.read_text()
    ]

    assert files
    assert sending == []


def test_only_lifecycle_assigns_a_submissions_state() -> None:
    files = [file for file in (ROOT / "pipeline").rglob("*.py") if "update(submission)" in file.read_text()]

    assigning = sorted(str(file.relative_to(ROOT)) for file in files if "values(state=" in file.read_text())

    assert assigning == ["pipeline/submission/lifecycle.py"]
