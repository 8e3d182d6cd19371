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
    """The length of the log in bytes; 0 when there is none."""
    return log.stat().st_size if log.exists() else 0


def rotate(log: Path) -> None:
    """Begin a new log when the old one is large; one older log is kept."""
    if size(log) > LARGEST_LOG:
        log.replace(log.with_name(f"{log.name}.1"))


def tail(log: Path, *, since: int = 0, lines: int = 15) -> str:
    """The last lines that were written after the byte `since`."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(since, size(log) - LARGEST_READ))
        text = file.read(LARGEST_READ).decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def show(line: str) -> None:
    """Print one line of a log: as readable text on a terminal, unchanged for another program."""
    name, bar, rest = line.partition(" | ")
    if bar and sys.stdout.isatty():
        line = f"{name}{bar}{readable(rest)}"
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


class Echo:
    """Prints new lines of logs, each with its child's name before it.

    It follows the files. A child writes to its file only, so a terminal that blocks does not block the child.
    """

    def __init__(self, logs: Iterable[tuple[str, Path]], write: Callable[[str], None] = show) -> None:
        self._write = write
        self._offsets = {name: (log, size(log)) for name, log in logs}
        self._width = max((len(name) for name in self._offsets), default=0)
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="embedded-echo", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Print the rest, for a second at most."""
        self._finished.set()
        self._thread.join(timeout=1)

    def _follow(self) -> None:
        while not self._finished.wait(PAUSE):
            self._print_new()
        self._print_new()

    def _print_new(self) -> None:
        for name, (log, offset) in self._offsets.items():
            new = self._read(log, offset)
            self._offsets[name] = (log, offset + len(new))
            for line in new.decode(errors="replace").splitlines():
                self._write(f"{name:<{self._width}} | {line}")

    @staticmethod
    def _read(log: Path, offset: int) -> bytes:
        """Whole lines after `offset`; a line that is longer than one read comes in pieces."""
        if size(log) <= offset:
            return b""
        with log.open("rb") as file:
            file.seek(offset)
            chunk = file.read(LARGEST_READ)
        end = chunk.rfind(b"\n") + 1
        return chunk[:end] if end or len(chunk) < LARGEST_READ else chunk
