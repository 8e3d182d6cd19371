"""A filter on system calls: what a decoder never needs is refused with EPERM, so that a library which tries goes on.

Refused are the network, new processes and programs, other processes, every way to change a file or the system, and all
calls newer than this table. Reading files, memory, time and threads stay.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from errno import ENOSYS, EPERM
from typing import Final

from pipeline.inspection.sandbox.libc import prctl
from pipeline.inspection.sandbox.syscalls import CALLS, NEWEST, Calls

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
_THREAD: Final = 0x00010000
_ANY_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000
"""The last is what makes O_TMPFILE more than O_DIRECTORY."""


def install() -> None:
    """Filter this thread's calls from now on, and those of threads that it starts. Raises OSError or KeyError where impossible."""
    code = assemble(CALLS[platform.machine()], pid=os.getpid())
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    prctl(_SET_SECCOMP, _FILTER, ctypes.cast(ctypes.create_string_buffer(program), ctypes.c_void_p))


def assemble(calls: Calls, *, pid: int) -> bytes:
    """The filter as the kernel reads it, for a process with this id."""
    steps: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, calls.architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, NEWEST + 1),
        (_RETURN, 0, 0, _ERROR | ENOSYS),
        *_refusals(calls.unknown, ENOSYS),
        *_refusals(sorted(calls.refused), EPERM),
        *_unless(calls.clone, 0, (_HAS_BIT, 1, 0, _THREAD)),
        *_unless(calls.prlimit, 0, (_EQUAL, 1, 0, 0)),
    ]
    for number, flags in calls.opens.items():
        steps += _unless(number, flags, (_HAS_BIT, 0, 1, _ANY_WRITING))
    for number in calls.signals:
        steps += _unless(number, 0, (_EQUAL, 1, 0, pid))
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _refusals(numbers: Iterable[int], error: int) -> list[Instruction]:
    return [step for number in numbers for step in ((_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERROR | error))]


def _unless(number: int, argument: int, test: Instruction) -> list[Instruction]:
    """Refuse this call unless `test` on the lower half of an argument jumps over one step."""
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, 16 + 8 * argument),
        test,
        (_RETURN, 0, 0, _ERROR | EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
