"""A process that has imported and built everything and connected to nothing. It forks a child for each order.

A fork of the tests' own process would take along its threads' locks and its open connections. Orders come as lines of JSON
on the standard input, after a first line with the settings; each answer is a line too.
"""

import gc
import json
import os
import signal
import sys
import traceback
from hashlib import file_digest
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import psutil
from fastapi.testclient import TestClient

from config.container import build_container
from config.logging import configure_logging
from config.settings import Settings
from pipeline.inspection.sandbox import Inspected
from pipeline.inspection.sandbox.examine import examine, warm_up
from pipeline.policy.files import FileLimits
from tests.crash.edges import watch
from tests.crash.jobs import JOBS, Ready
from tests.crash.points import Points
from web.app import create_app
from workers.main import prepare
from workers.middleware import stack

LONGEST_SECONDS: Final = 60
"""A child that takes longer is ended by its alarm, so that nobody waits for ever."""

_BLOCK: Final = 65_536


class InThisProcess:
    """Looks at files as the sandbox's child does, without a child: the process dies between its touches of the world."""

    def inspect(
        self, path: Path, *, limits: FileLimits, declared_type: str | None = None, filename: str | None = None
    ) -> Inspected:
        began = perf_counter()
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
            report, signals = examine(
                file,
                sha256=digest,
                limits=limits,
                declared_type=declared_type,
                filename=filename,
                with_signals=True,
            )
        return Inspected(report, signals, (perf_counter() - began) * 1000, 0.0)

    def close(self) -> None:
        """There is nothing to close."""


def main() -> None:
    """Serve orders until the standard input ends."""
    configure_logging("crash", log_format="json")
    ready = _prepared(Settings.model_validate_json(sys.stdin.readline()))
    points = Points()
    watch(points, ready.tools.db.engine)
    gc.collect()
    gc.freeze()
    _answer({"threads": psutil.Process().num_threads()})
    while line := sys.stdin.readline():
        _answer(_fork(ready, points, json.loads(line)))


def _prepared(settings: Settings) -> Ready:
    """Whatever is built at its first use is built now; no client of ours connects before it is used."""
    tools = build_container(settings, middleware=stack)
    tools.__dict__["inspector"] = InThisProcess()
    prepare(tools)
    warm_up()
    for name in ("policy", "db", "ledger", "storage", "mailer", "review"):
        getattr(tools, name)
    client = TestClient(create_app(tools), raise_server_exceptions=False)
    client.get("/healthz")  # the first request builds the routes, and connects to nothing
    return Ready(tools, client)


def _fork(ready: Ready, points: Points, order: dict[str, Any]) -> dict[str, Any]:
    """The points that the child passed, and how it ended: a signal as its negative number."""
    told, pipe = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(LONGEST_SECONDS)
        points.arm(pipe, die_at=order["die_at"])
        _live(ready, order)
    os.close(pipe)
    with open(told, "rb") as passed:  # noqa: PTH123  (a pipe has no path)
        names = passed.read().decode().splitlines()
    return {"points": names, "exit_code": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}


def _live(ready: Ready, order: dict[str, Any]) -> None:
    """Do the job and end, without what Python does at a usual end: the mother's buffers are not the child's to flush."""
    try:
        JOBS[order["job"]](ready, **order["given"])
    except BaseException:  # noqa: BLE001  (told on stderr, and by the exit code)
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _answer(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
