"""The points at which a process may be killed."""

import os
import signal
from collections import Counter


class Points:
    """Counts the points that a process passes, tells each over a pipe, and kills the process at one of them.

    Nothing is counted before `arm`: the process that prepares itself passes no point.
    """

    def __init__(self) -> None:
        self._passed: Counter[str] = Counter()
        self._pipe: int | None = None
        self._die_at: str | None = None

    def arm(self, pipe: int, *, die_at: str | None) -> None:
        """From now on tell each point over `pipe`, and die at the one of this name; None lives on."""
        self._pipe, self._die_at = pipe, die_at

    def reached(self, place: str) -> None:
        """Its name is the place and how often the process has been there: the same run passes the same names."""
        if self._pipe is None:
            return
        self._passed[place] += 1
        name = f"{place} {self._passed[place]}"
        os.write(self._pipe, f"{name}\n".encode())
        if name == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)
