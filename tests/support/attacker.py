"""A child that a file has taken over: it runs the file as Python, with all that the sandbox leaves it.

What came of it stands in the signals as `did`. A file that is not Python is examined as it should be.
"""

import ctypes
import errno
import importlib
import os
import struct
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, BinaryIO

from pipeline.inspection.file import inspect_open_file
from pipeline.inspection.report import FileReport
from pipeline.inspection.sandbox.examine import examine, warm_up

__all__ = ["MARK", "run", "warm_up"]

MARK = b"#!attack\n"
LIBC = ctypes.CDLL(None, use_errno=True)
NAMES = (
    "fcntl", "hashlib", "json", "mmap", "multiprocessing.shared_memory", "pickle", "resource", "select", "signal", "socket",
    "subprocess", "threading",
)  # fmt: skip
TOOLS = {name.partition(".")[0]: importlib.import_module(name.partition(".")[0]) for name in NAMES}


def run(
    file: BinaryIO,
    *,
    sha256: str,
    limits: Any,
    declared_type: str | None,
    filename: str | None,
    with_signals: bool,
) -> tuple[FileReport, Mapping[str, object]]:
    """Do what the file says; `given` and `file` are at its hands, and what it leaves in `did` or `answer` is answered."""
    given = {"sha256": sha256, "limits": limits, "declared_type": declared_type, "filename": filename}
    script = file.read()
    file.seek(0)
    if not script.startswith(MARK):
        return examine(file, **given, with_signals=with_signals)
    space = {**globals(), **TOOLS, "file": file, "given": given, "did": None}
    exec(script, space)  # noqa: S102  # it is what a decoder that was taken over does
    if "answer" in space:
        answer: tuple[FileReport, Mapping[str, object]] = space["answer"]
        return answer
    return inspect_open_file(file, **given), {"did": space["did"]}


def outcome(attempt: Callable[[], object]) -> object:
    """What the attempt gives, or the name of the error that it meets."""
    try:
        return attempt()
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def outcomes(**attempts: Callable[[], object]) -> dict[str, object]:
    return {name: outcome(attempt) for name, attempt in attempts.items()}


def call(number: int, *arguments: Any) -> int:
    """A system call by its number, past all that Python checks."""
    found = int(LIBC.syscall(ctypes.c_long(number), *arguments))
    if found < 0:
        raise OSError(ctypes.get_errno(), "")
    return found


def link() -> int:
    """The socket to the parent: the one descriptor that cannot be positioned."""
    return next(each for each in range(3, 64) if outcome(partial(os.lseek, each, 0, 1)) == "ESPIPE")


def say(body: bytes) -> None:
    """Speak to the parent past our own code."""
    os.write(link(), struct.pack(">I", len(body)) + body)


def smuggle(body: bytes, _: object, *, quality: int) -> bytes:
    """Cover nothing, and hide a comment."""
    return body[:-2] + b"\xff\xfe\0\x08hidden" + body[-2:] if quality else b""


def resize(body: bytes, _: object, *, quality: int) -> bytes:
    """A picture of other sides under the same header."""
    return body[:163] + b"\0\x30" + body[165:] if quality else b""


def text(body: bytes, _: object, *, quality: int) -> bytes:
    """No picture at all."""
    return b"<html>" if body and quality else b""
