import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from pipeline.inspection.sandbox.fork_server import FORK, NUMBER, UNKNOWN_CHILD
from pipeline.inspection.sandbox.framing import receive, receive_exactly
from pipeline.kernel.errors import RetryableError

_MIB: Final = 1024 * 1024
_START: Final = (
    "import sys; sys.path[:] = sys.argv[3].split('\\n'); "
    "from pipeline.inspection.sandbox.fork_server import main; main(int(sys.argv[1]), sys.argv[2])"
)
_HANDED_ON: Final = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ")
_SETTINGS: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # A child keeps the memory of one file for the next: to give it back and fault it in again costs more than the sandbox.
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(32 * _MIB),
    "MALLOC_TRIM_THRESHOLD_": str(256 * _MIB),
}
_LONGEST_ERROR: Final = 4096
_PATIENCE: Final = 30.0
"""Seconds for the fork server to import all and to answer a command, on a machine that has much else to do."""


class SandboxUnavailable(RetryableError):
    """No child can be started on this machine now. The same file can be inspected later."""

    code = "sandbox_unavailable"


class _Server(NamedTuple):
    process: subprocess.Popen[bytes]
    control: socket.socket


class ForkClient:
    """Starts and ends children by the fork server, which starts at the first use, and again when it died. Thread-safe."""

    def __init__(self, terms: str) -> None:
        self._terms = terms
        self._lock = Lock()
        self._server: _Server | None = None

    def fork(self) -> tuple[int, socket.socket]:
        """A new child's process id, and the socket to it. Raises SandboxUnavailable."""
        ours, theirs = socket.socketpair()
        try:
            with self._lock, theirs:
                return self._fork(theirs), ours
        except (OSError, EOFError) as error:
            ours.close()
            raise SandboxUnavailable(f"No child can be started for an inspection: {error}") from error

    def end(self, pid: int) -> int | None:
        """End this child and return its exit code, a signal as its negative number; None where it is unknown."""
        with self._lock, suppress(OSError, EOFError):
            ended = self._command(self._server, pid) if self._server else UNKNOWN_CHILD
            return None if ended == UNKNOWN_CHILD else ended
        return None

    def close(self) -> None:
        """End the fork server and all children."""
        with self._lock:
            self._stop()

    def _fork(self, link: socket.socket) -> int:
        """A server that died since the last command is noticed by the command, which then goes to a new one."""
        pid = None
        if self._server is not None:
            with suppress(OSError, EOFError):
                pid = self._command(self._server, FORK, link)
        if pid is None:
            pid = self._command(self._launch(), FORK, link)
        if pid < 0:
            raise OSError(-pid, os.strerror(-pid))
        return pid

    def _command(self, server: _Server, number: int, *links: socket.socket) -> int:
        """After a failure there is no server: a late answer would be taken for that to the next command."""
        deadline = time.monotonic() + _PATIENCE
        try:
            socket.send_fds(server.control, [NUMBER.pack(number)], [each.fileno() for each in links])
            (answer,) = NUMBER.unpack(receive_exactly(server.control, NUMBER.size, deadline=deadline))
        except (OSError, EOFError):
            self._stop()
            raise
        return int(answer)

    def _launch(self) -> _Server:
        ours, theirs = socket.socketpair()
        path = "\n".join(str(Path(each).absolute()) for each in sys.path)
        with theirs:
            process = subprocess.Popen(  # noqa: S603  # this very interpreter, with our own program
                [sys.executable, "-I", "-c", _START, str(theirs.fileno()), self._terms, path],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={name: os.environ[name] for name in _HANDED_ON if name in os.environ} | _SETTINGS,
                start_new_session=True,
            )
        self._server = _Server(process, ours)
        try:
            if error := receive(ours, most=_LONGEST_ERROR, deadline=time.monotonic() + _PATIENCE):
                raise OSError(error.decode())  # noqa: TRY301  # a start that failed is cleared away in one place
        except (OSError, EOFError):
            self._stop()
            raise
        return self._server

    def _stop(self) -> None:
        if self._server is not None:
            self._server.control.close()
            self._server.process.kill()
            self._server.process.wait()
            self._server = None
