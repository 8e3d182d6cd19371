"""The few calls of the C library that Python does not offer. Linux only; elsewhere each raises OSError."""

import ctypes
import os
import struct
import sys
from errno import ENOSYS
from typing import Final

LINUX: Final = sys.platform == "linux"

_NO_NEW_PRIVILEGES: Final = 38
_HAS_NO_NEW_PRIVILEGES: Final = 39
_PARENT_DEATH_SIGNAL: Final = 1
_CAPABILITIES_VERSION: Final = 0x20080522
_libc: Final = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, *arguments: int | ctypes.c_void_p) -> int:
    """Change how the kernel treats this process. Raises OSError."""
    _require_linux()
    words = [each if isinstance(each, ctypes.c_void_p) else ctypes.c_ulong(each) for each in arguments]
    return _checked(_libc.prctl(option, *words, *[ctypes.c_ulong(0)] * (4 - len(words))))


def syscall(number: int, *arguments: int | bytes | None) -> int:
    """Make a system call by its number: whole numbers as they are, bytes as a pointer to them. Raises OSError."""
    _require_linux()
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *words))


def unshare(flags: int) -> None:
    """Leave what these flags say, for something of our own. Raises OSError."""
    _require_linux()
    _checked(_libc.unshare(ctypes.c_int(flags)))


def die_with_parent(signal: int) -> None:
    """Ask for this signal at the death of the thread that forked this process. Raises OSError."""
    prctl(_PARENT_DEATH_SIGNAL, signal)


def renounce_privileges() -> None:
    """No program that this process might run can gain rights; a condition for seccomp and Landlock. Raises OSError."""
    prctl(_NO_NEW_PRIVILEGES, 1)
    if prctl(_HAS_NO_NEW_PRIVILEGES) != 1:
        raise OSError(ENOSYS, os.strerror(ENOSYS))


def drop_capabilities() -> None:
    """Give up every capability: without this, root could raise its own limits again. Raises OSError."""
    _require_linux()
    _checked(_libc.capset(struct.pack("=Ii", _CAPABILITIES_VERSION, 0), bytes(24)))


def _require_linux() -> None:
    if not LINUX:
        raise OSError(ENOSYS, os.strerror(ENOSYS))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
