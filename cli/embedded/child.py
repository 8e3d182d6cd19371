import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import Final

from cli.embedded.output import rotate, size, tail

FIRST_DELAY: Final = 0.2
LONGEST_DELAY: Final = 10.0
LONG_LIFE: Final = 30.0


@dataclass(frozen=True)
class Spec:
    """How one child is started, and which signals end it, each with the seconds until the next one."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    log: Path
    folder: Path | None = None
    ending: tuple[tuple[Signals, float], ...] = ((SIGTERM, 10.0), (SIGKILL, 5.0))


class Child:
    """One process, through all its restarts. With `keep_running` it is restarted when it dies."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.keep_running = False
        self.restarts = 0
        self.restart_at: float | None = None
        self.log_start = 0
        self._delay = FIRST_DELAY
        self._started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id; None when it does not run."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, a signal as its negative number; None while it runs."""
        return None if self._process is None else self._process.poll()

    def spawn(self) -> int:
        """Start it in its own session, so that Ctrl-C does not reach it. Its output is appended to its log. Returns the process id."""
        rotate(self.spec.log)
        self.log_start = size(self.spec.log)
        with self.spec.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 the command is ours
                self.spec.command,
                env=dict(self.spec.environment),
                cwd=self.spec.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started_at = time.monotonic()
        self.restart_at = None
        return self._process.pid

    def plan_restart(self, now: float) -> tuple[int, float]:
        """Set the time of the restart. Returns the dead process's id and the delay, which doubles after each short run."""
        process = self._process
        self.kill_group()
        if now - self._started_at >= LONG_LIFE:
            self._delay = FIRST_DELAY
        delay = self._delay
        self.restart_at = now + delay
        self._delay = min(delay * 2, LONGEST_DELAY)
        return process.pid if process else 0, delay

    def send_signal(self, number: Signals) -> None:
        """Send it a signal, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def kill_group(self) -> None:
        """Kill what is left of its process group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, SIGKILL)

    def recent_output(self) -> str:
        """The last lines that it printed since its latest start."""
        return tail(self.spec.log, since=self.log_start)


def exit_reason(exit_code: int) -> str:
    """How a process ended, in words."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return f"signal {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"signal {-exit_code}"
