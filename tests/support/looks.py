"""What a child may be made to do by a file: a test writes a word into it. Any other file is examined as it should be."""

import ctypes
import errno
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.inspection.file import inspect_open_file
from pipeline.inspection.findings import finding
from pipeline.inspection.report import FileReport
from pipeline.inspection.sandbox import reply
from pipeline.inspection.sandbox.examine import examine, warm_up
from pipeline.policy.files import FileLimits

__all__ = ["obey", "warm_up"]

_looked: list[str] = []


def obey(  # as `Examine` has them
    file: BinaryIO,
    *,
    sha256: str,
    limits: FileLimits,
    declared_type: str | None,
    filename: str | None,
    with_signals: bool,
) -> tuple[FileReport, Mapping[str, object]]:
    """Look at the file, and do what it says. What came of it stands in the signals as `did`."""
    word, _, rest = file.read().partition(b" ")
    deed = _DEEDS.get(word)
    given: dict[str, Any] = {"sha256": sha256, "limits": limits, "declared_type": declared_type, "filename": filename}
    if (filename or "").startswith("signal-dies") and with_signals:
        ctypes.string_at(0)
    if deed is None:
        return examine(file, **given, with_signals=with_signals)
    did = _tried(deed, rest)
    _looked.append(sha256)
    return inspect_open_file(file, **given), {"did": did}


def _tried(deed: Callable[[bytes], object], rest: bytes) -> object:
    try:
        return deed(rest)
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def _allocate(_: bytes) -> object:
    kept = []
    while True:
        kept.append(bytearray(2**24))


def _spin(_: bytes) -> object:
    while True:
        pass


def _wait(_: bytes) -> object:
    while True:
        time.sleep(60)


def _say(rest: bytes) -> object:
    """Put these bytes into the parent's ear, and wait for what becomes of it."""
    os.write(_link(), rest)
    return _wait(rest)


def _say_twice(_: bytes) -> object:
    """Give a report as it should be, and at once another."""
    report = FileReport(9, sha256(b"say-twice").hexdigest(), None, None, None, None, (finding("corrupt_image"),), ())
    frame, _bodies = reply.encode(report, {}, peak_mib=1, rss_mib=1)
    return _say((struct.pack(">I", len(frame)) + frame) * 2)


def _link() -> int:
    return next(each for each in range(3, 64) if _is_socket(each))


def _is_socket(descriptor: int) -> bool:
    """What cannot be positioned is none of the files that a child has open."""
    try:
        os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError as error:
        return error.errno == errno.ESPIPE
    return False


def _system(name: str, *arguments: Any) -> Callable[[bytes], object]:
    def call(_: bytes) -> object:
        libc = ctypes.CDLL(None, use_errno=True)
        if getattr(libc, name)(*arguments) < 0:
            raise OSError(ctypes.get_errno(), name)
        return "done"

    return call


def _die_unless_new(_: bytes) -> object:
    if _looked:
        os.abort()
    return os.getpid()


def _give_up(rest: bytes) -> object:
    raise ValueError(rest.decode())


def _stop(_: bytes) -> object:
    """Stand still until somebody outside lets it go on."""
    os.kill(os.getpid(), signal.SIGSTOP)
    return "went on"


def _threads(_: bytes) -> object:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    return "done"


_DEEDS: dict[bytes, Callable[[bytes], object]] = {
    b"abort": lambda _: os.abort(),
    b"allocate": _allocate,
    b"chmod": lambda rest: Path(os.fsdecode(rest)).chmod(0o777),
    b"connect": lambda _: socket.create_connection(("127.0.0.1", 1)).fileno(),
    b"delete": lambda rest: Path(os.fsdecode(rest)).unlink(),
    b"die-unless-new": _die_unless_new,
    b"environment": lambda _: sorted(os.environ),
    b"exec": lambda _: os.execv("/bin/true", ["true"]),  # noqa: S606  # it must not come to that
    b"exit": lambda _: os._exit(0),
    b"fork": lambda _: os.fork(),
    b"give-up": _give_up,
    b"kill": lambda rest: os.kill(int(rest), signal.SIGKILL),
    b"main": lambda _: getattr(sys.modules["__main__"], "__file__", None),
    b"pid": lambda _: os.getpid(),
    b"ptrace": _system("ptrace", 16, os.getppid(), 0, 0),
    b"read": lambda rest: len(Path(os.fsdecode(rest)).read_bytes()),
    b"say": _say,
    b"say-twice": _say_twice,
    b"segfault": lambda _: ctypes.string_at(0),
    b"sleep": _wait,
    b"spin": _spin,
    b"stop": _stop,
    b"thread": _threads,
    b"unshare": _system("unshare", 0x10000000),
    b"write": lambda rest: Path(os.fsdecode(rest)).write_bytes(b"x"),
}
