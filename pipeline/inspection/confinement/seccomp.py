"""A filter on system calls: what is on the list of `syscalls` is allowed, some of it by its arguments, and all else refused."""

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from errno import ENOSYS, ENOTTY, EPERM
from typing import Final

from pipeline.inspection.confinement.landlock import Ineffective
from pipeline.inspection.confinement.libc import prctl
from pipeline.inspection.confinement.syscalls import CALLS, NEWEST, Calls

Instruction = tuple[int, int, int, int]

_LOAD: Final = 0x20
_EQUAL: Final = 0x15
_AT_LEAST: Final = 0x35
_HAS_BIT: Final = 0x45
_RETURN: Final = 0x06
_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERROR: Final = 0x00050000
_SET_SECCOMP: Final = 22
_FILTER: Final = 2
_OTHER_NUMBERS: Final = 0x40000000
"""From here on x86_64 counts the calls of x32, which would reach the same functions of the kernel under other numbers."""

_THREAD: Final = 0x00010000
_NOT_OF_A_THREAD: Final = 0x7E020000 | 0x00000080 | 0x00002000 | 0x00004000
"""New namespaces; and of a clone: time, ptrace, vfork."""

_EXECUTE: Final = 4
_GET_FLAGS_OF_DESCRIPTOR: Final = 1
_GET_FLAGS_OF_FILE: Final = 3
_ANY_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000 | 0o10000000
"""The last two are O_PATH, and what makes O_TMPFILE more than O_DIRECTORY."""


def install(*, may_open: bool = False, may_run: bool = False) -> None:
    """Filter this thread's calls from now on, and those of threads that it starts. Raises OSError or KeyError where impossible.

    `may_open` lets files be opened for reading, `may_run` a program be run in this process's place.
    """
    code = assemble(CALLS[platform.machine()], pid=os.getpid(), may_open=may_open, may_run=may_run)
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    prctl(_SET_SECCOMP, _FILTER, ctypes.cast(ctypes.create_string_buffer(program), ctypes.c_void_p))
    _require_effect()


def assemble(calls: Calls, *, pid: int, may_open: bool = False, may_run: bool = False) -> bytes:
    """The filter as the kernel reads it, for a process with this id."""
    steps: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, calls.architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _OTHER_NUMBERS),
        (_RETURN, 0, 0, _KILL),
        *_each(calls.allowed, _ALLOW),
        *_each(calls.program if may_run else (), _ALLOW),
        *_each(calls.ended, _KILL),
        *_each(calls.unknown, _ERROR | ENOSYS),
        (_AT_LEAST, 0, 1, NEWEST + 1),
        (_RETURN, 0, 0, _ERROR | ENOSYS),
        *_if(calls.prlimit, 0, (_EQUAL, 0, True)),
        *_if(calls.clone, 0, (_HAS_BIT, _NOT_OF_A_THREAD, False), (_HAS_BIT, _THREAD, True)),
        *_if(calls.fcntl, 1, (_AT_LEAST, _GET_FLAGS_OF_DESCRIPTOR, True), (_AT_LEAST, _GET_FLAGS_OF_FILE + 1, False)),
        *_each((calls.ioctl,), _ERROR | ENOTTY),
    ]
    for number in calls.signals:
        steps += _if(number, 0, (_EQUAL, pid, True))
    for number in calls.protects:
        steps += _each((number,), _ALLOW) if may_run else _if(number, 2, (_HAS_BIT, _EXECUTE, False))
    for number, flags in calls.opens.items() if may_open else ():
        steps += _if(number, flags, (_HAS_BIT, _ANY_WRITING, False))
    steps.append((_RETURN, 0, 0, _ERROR | EPERM))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _each(numbers: Iterable[int], action: int) -> list[Instruction]:
    return [step for number in sorted(numbers) for step in ((_EQUAL, 0, 1, number), (_RETURN, 0, 0, action))]


def _if(number: int, argument: int, *tests: tuple[int, int, bool]) -> list[Instruction]:
    """Allow this call where every test on the lower half of an argument comes out as it should, else refuse it."""
    count = len(tests)
    checks = [
        (code, 0, count - at, value) if wanted else (code, count - at, 0, value)
        for at, (code, value, wanted) in enumerate(tests)
    ]
    return [
        (_EQUAL, 0, count + 3, number),
        (_LOAD, 0, 0, 16 + 8 * argument),
        *checks,
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERROR | EPERM),
    ]


def _require_effect() -> None:
    try:
        ends = os.pipe()
    except OSError:
        return
    for end in ends:
        os.close(end)
    raise Ineffective("a system call that is not on the list still succeeds")
