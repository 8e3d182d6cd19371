import contextlib
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from config.logging import readable

LARGEST_LOG: Final = 10_000_000
LARGEST_READ: Final = 64_000
PAUSE: Final = 0.1


def size(log: Path) -> int:
    """Return the length of the log in bytes; 0 when there is none."""
    return log.stat().st_size if log.exists() else 0


def put_aside(log: Path) -> None:
    """Begin a new log when the old one has grown large; one older log is kept."""
    if size(log) > LARGEST_LOG:
        log.replace(log.with_name(f"{log.name}.1"))


def tail(log: Path, *, since: int = 0, lines: int = 15) -> str:
    """Return the last lines that were written after the byte `since`."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(since, size(log) - LARGEST_READ))
        text = file.read(LARGEST_READ).decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def show(line: str) -> None:
    """Print one line of a log: readable on a terminal, as it is where another program reads."""
    name, bar, said = line.partition(" | ")
    if bar and sys.stdout.isatty():
        line = f"{name}{bar}{readable(said)}"
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


class Echo:
    """Passes new lines of logs on, each with its child's name before it.

    It follows the files. A child writes to its file and never to us, so a terminal that stands still holds up nobody.
    """

    def __init__(self, logs: Iterable[tuple[str, Path]], write: Callable[[str], None] = show) -> None:
        self._write = write
        self._places = {name: (log, size(log)) for name, log in logs}
        self._width = max((len(name) for name in self._places), default=0)
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="embedded-echo", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Pass on what is left, for a second at most."""
        self._finished.set()
        self._thread.join(timeout=1)

    def _follow(self) -> None:
        while not self._finished.wait(PAUSE):
            self._pass_on()
        self._pass_on()

    def _pass_on(self) -> None:
        for name, (log, place) in self._places.items():
            fresh = self._fresh(log, place)
            self._places[name] = (log, place + len(fresh))
            for line in fresh.decode(errors="replace").splitlines():
                self._write(f"{name:<{self._width}} | {line}")

    @staticmethod
    def _fresh(log: Path, place: int) -> bytes:
        """Whole lines after `place`; a line that is longer than one read is passed on in pieces."""
        if size(log) <= place:
            return b""
        with log.open("rb") as file:
            file.seek(place)
            chunk = file.read(LARGEST_READ)
        end = chunk.rfind(b"\n") + 1
        return chunk[:end] if end or len(chunk) < LARGEST_READ else chunk
