"""The tests' side of the mother: starts her, gives her orders, reads how each child ended."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Any

from config.settings import Settings

ROOT = Path(__file__).parents[2]
NAME = "proofdesk-crash"
"""By which the database knows the connections of the children."""

PATIENCE_SECONDS = 150
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
TAIL = 4000


@dataclass(frozen=True)
class Ended:
    """The points that a child passed, in order, and its exit code: a signal as its negative number."""

    points: tuple[str, ...]
    exit_code: int

    @property
    def killed(self) -> bool:
        return self.exit_code == -SIGKILL


class Children:
    def __init__(self, mother: "subprocess.Popen[bytes]", log: Path) -> None:
        self._mother, self._log = mother, log

    def child(self, job: str, given: Mapping[str, Any], *, die_at: str | None = None) -> Ended:
        """Have a child do the job, and wait for its end."""
        self._say(json.dumps({"job": job, "given": dict(given), "die_at": die_at}))
        answer = self.answer()
        return Ended(tuple(answer["points"]), answer["exit_code"])

    def answer(self) -> dict[str, Any]:
        assert self._mother.stdout is not None
        readable, _, _ = select.select([self._mother.stdout], [], [], PATIENCE_SECONDS)
        line = self._mother.stdout.readline() if readable else b""
        assert line, f"the mother of the children says nothing: {self.told()}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def told(self) -> str:
        """The last lines that the children wrote."""
        return self._log.read_text()[-TAIL:]

    def _say(self, line: str) -> None:
        assert self._mother.stdin is not None
        self._mother.stdin.write(line.encode() + b"\n")
        self._mother.stdin.flush()

    def begin(self, settings: Settings) -> None:
        """Hand over the settings. There must be one thread, or a fork would copy locks that nobody opens again."""
        self._say(settings.model_dump_json())
        assert self.answer() == {"threads": 1}


@contextmanager
def started_children(settings: Settings, folder: Path) -> Iterator[Children]:
    """A mother with these settings; what her children leave behind lies beneath `folder`."""
    log = folder / "children.log"
    scratch = folder / "scratch"
    scratch.mkdir()
    environment = {**os.environ, **ONE_THREAD, "PGAPPNAME": NAME, "TMPDIR": str(scratch)}
    with log.open("wb") as errors:
        mother = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.mother"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    with mother:
        try:
            started = Children(mother, log)
            started.begin(settings)
            yield started
        finally:
            mother.kill()
