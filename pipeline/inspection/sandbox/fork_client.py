"""The parent's side of the zygote: has it started at the first use, has children forked and ended, starts it anew if it died."""

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

import orjson

from pipeline.inspection.sandbox.control import END, FORK, NOT_MINE, ORDER, OUTCOME
from pipeline.inspection.sandbox.errors import SandboxUnavailable
from pipeline.inspection.sandbox.framing import receive_exactly

_MIB: Final = 1024 * 1024
_PROGRAM: Final = "pipeline.inspection.sandbox.fork_server"
_START: Final = f"import sys; sys.path[:] = sys.argv[3].split('\\n'); from {_PROGRAM} import main; main(int(sys.argv[1]), sys.argv[2])"
_HANDED_ON: Final = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ")
_SETTINGS: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # A child keeps the memory of one file for the next: to give it back and fault it in again costs more than the sandbox.
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(32 * _MIB),
    "MALLOC_TRIM_THRESHOLD_": str(256 * _MIB),
}
_LONGEST_GREETING: Final = 4096
_PATIENCE: Final = 30.0
"""Seconds for the zygote to import all and to answer an order, on a machine that has much else to do."""


class Nursery:
    """Starts and ends children. Thread-safe."""

    def __init__(self, terms: str) -> None:
        self._terms = terms
        self._lock = Lock()
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self) -> tuple[int, socket.socket]:
        """A new child's process id, and the socket to it. Raises SandboxUnavailable."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            try:
                pid = self._order_twice(theirs)
            except OSError as error:
                ours.close()
                raise SandboxUnavailable(f"The inspection's zygote does not start: {error}") from error
        if pid < 0:
            ours.close()
            raise SandboxUnavailable(f"No child can be forked for an inspection: {os.strerror(-pid)}")
        return pid, ours

    def end(self, pid: int) -> int | None:
        """End this child and say how it ended: a signal as its negative number, None when nobody knows."""
        with self._lock, suppress(OSError, EOFError):
            if self._control is not None:
                ended = self._order(self._control, END, pid)
                return None if ended == NOT_MINE else ended
        return None

    def close(self) -> None:
        """End the zygote and all children."""
        with self._lock:
            self._forget()

    def _order_twice(self, link: socket.socket) -> int:
        """A zygote that died since the last order is noticed by the order, which then goes to a new one."""
        if self._control is not None:
            with suppress(OSError, EOFError):
                return self._order(self._control, FORK, 0, link)
        try:
            self._control = self._launch()
            return self._order(self._control, FORK, 0, link)
        except EOFError as error:
            raise OSError("it ended at once") from error

    def _order(self, control: socket.socket, name: bytes, pid: int, *links: socket.socket) -> int:
        """After a failure there is no zygote: a late outcome would be taken for that of the next order."""
        deadline = time.monotonic() + _PATIENCE
        try:
            socket.send_fds(control, [ORDER.pack(name, pid)], [each.fileno() for each in links])
            (outcome,) = OUTCOME.unpack(receive_exactly(control, OUTCOME.size, deadline=deadline))
        except (OSError, EOFError):
            self._forget()
            raise
        return int(outcome)

    def _launch(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        path = "\n".join(str(Path(each).absolute()) for each in sys.path)
        with theirs:
            self._zygote = subprocess.Popen(  # noqa: S603  # this very interpreter, with our own program
                [sys.executable, "-I", "-c", _START, str(theirs.fileno()), self._terms, path],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={name: os.environ[name] for name in _HANDED_ON if name in os.environ} | _SETTINGS,
                start_new_session=True,
            )
        ours.settimeout(_PATIENCE)
        try:
            greeting = orjson.loads(ours.recv(_LONGEST_GREETING) or b'{"error": "it ended at once"}')
            if "error" in greeting:
                raise OSError(greeting["error"])  # noqa: TRY301  # a start that failed is cleared away in one place
        except OSError:
            ours.close()
            self._forget()
            raise
        return ours

    def _forget(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._zygote is not None:
            self._zygote.kill()
            self._zygote.wait()
            self._zygote = None
