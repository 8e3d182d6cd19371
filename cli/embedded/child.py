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

from cli.embedded.output import put_aside, size, tail

FIRST_DELAY: Final = 0.2
LONGEST_DELAY: Final = 10.0
LONG_LIFE: Final = 30.0


@dataclass(frozen=True)
class Spec:
    """How one child is started, and which signals end it: each with the seconds that it is given."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    log: Path
    folder: Path | None = None
    ending: tuple[tuple[Signals, float], ...] = ((SIGTERM, 10.0), (SIGKILL, 5.0))


class Child:
    """One process of ours, through all its restarts. `kept` says that it is restarted when it dies."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.kept = False
        self.restarts = 0
        self.restart_at: float | None = None
        self.log_start = 0
        self._delay = FIRST_DELAY
        self._born = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it lives."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, a signal as its negative number; None while it lives."""
        return None if self._process is None else self._process.poll()

    def spawn(self) -> int:
        """Start it in a session of its own, so that Ctrl-C reaches only us. The output goes to the end of its log."""
        put_aside(self.spec.log)
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
        self._born = time.monotonic()
        self.restart_at = None
        return self._process.pid

    def plan_restart(self, now: float) -> tuple[int, float]:
        """Note when to start it again. Returns the dead one's process id and the delay; it doubles for short lives."""
        process = self._process
        self.sweep()
        if now - self._born >= LONG_LIFE:
            self._delay = FIRST_DELAY
        delay = self._delay
        self.restart_at = now + delay
        self._delay = min(delay * 2, LONGEST_DELAY)
        return process.pid if process else 0, delay

    def tell(self, number: Signals) -> None:
        """Send it a signal, if it lives."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def sweep(self) -> None:
        """End what it left behind in its process group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, SIGKILL)

    def last_words(self) -> str:
        """Return the end of what it printed since its latest start."""
        return tail(self.spec.log, since=self.log_start)


def manner_of_death(exit_code: int) -> str:
    """How a process ended, in words."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return f"signal {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"signal {-exit_code}"
