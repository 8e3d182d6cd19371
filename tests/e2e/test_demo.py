"""The main job as a whole, while things break."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.processes import supervised

DEADLINE_SECONDS = 170
STEPS = {
    "request.answered",
    "submission.accepted",
    "submission.inspected",
    "submission.decided",
    "avatar.published",
    "mail.sent",
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    yield folder
    assert supervised(folder) == []


def test_the_demo_ends_as_it_must_although_a_worker_is_killed_and_the_broker_forgets_everything(home: Path) -> None:
    command = [sys.executable, "-m", "cli", "demo", "--json", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        said = iter(demo.stderr or [])
        submitting = next((line for line in said if line.startswith("Submitting")), None)
        told: list[str] = []
        listener = threading.Thread(target=lambda: told.extend(said))
        listener.start()
        killed = _kill_a_worker(home)
        _flush_the_broker(home)
        printed = demo.stdout.read() if demo.stdout else ""
        listener.join()
        demo.wait(DEADLINE_SECONDS)

    result = json.loads(printed)
    assert submitting is not None
    assert any(f"process {killed}) died" in line for line in told), told
    assert result["mismatches"] == []
    assert result["submissions"] >= 24
    assert result["as_expected"] == result["submissions"]
    assert demo.returncode == 0
    assert any(story >= STEPS for story in _stories(home).values())


def _stories(home: Path) -> dict[str, set[str]]:
    """The events of each correlation id in the logs of all processes."""
    stories: dict[str, set[str]] = {}
    for log in (home / "log").glob("*.log"):
        for line in log.read_text().splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            stories.setdefault(str(event.get("correlation_id")), set()).add(str(event.get("event")))
    return stories


def _kill_a_worker(home: Path) -> int:
    worker = next(each for each in supervised(home) if "workers" in each.cmdline())
    worker.send_signal(signal.SIGKILL)
    return worker.pid


def _flush_the_broker(home: Path) -> None:
    environment = json.loads((home / "environment.json").read_text())
    with redis.Redis.from_url(environment["PROOFDESK_BROKER_URL"]) as client:
        client.flushall()
