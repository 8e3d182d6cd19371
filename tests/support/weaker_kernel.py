"""`python -m tests.support.weaker_kernel WHAT … -- COMMAND`: runs a command as on a kernel, or in a container, that lacks WHAT.

A filter that is inherited answers the calls of it as such a kernel does; the program itself is not changed.
"""

import ctypes
import errno
import os
import struct
import sys
from typing import Final

from pipeline.inspection.confinement.libc import prctl, renounce_privileges

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERROR = 0x7FFF0000, 0x00050000
PRCTL: Final = 157
CALLS: Final = {"landlock": (444, 445, 446), "seccomp": (317,), "no_new_privileges": (), "network": (272,)}
OPTIONS: Final = {"seccomp": (22,), "no_new_privileges": (38,)}
"""Calls of x86_64 that do not exist, and options of prctl that are invalid, where that is lacking."""

ERRORS: Final = {"network": errno.EPERM}


def weaken(lacking: list[str]) -> None:
    """Filter the calls of this process and of all that it becomes or starts."""
    steps = [(LOAD, 0, 0, 0)]
    for what in lacking:
        for number in CALLS[what]:
            steps += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERROR | ERRORS.get(what, errno.ENOSYS))]
    for option in [each for what in lacking for each in OPTIONS.get(what, ())]:
        refused = [(LOAD, 0, 0, 16), (EQUAL, 0, 1, option), (RETURN, 0, 0, ERROR | errno.EINVAL), (LOAD, 0, 0, 0)]
        steps += [(EQUAL, 0, len(refused), PRCTL), *refused]
    steps.append((RETURN, 0, 0, ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in steps))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    renounce_privileges()
    prctl(22, 2, ctypes.cast(program, ctypes.c_void_p))


if __name__ == "__main__":
    end = sys.argv.index("--")
    weaken(sys.argv[1:end])
    os.execv(sys.argv[end + 1], sys.argv[end + 1 :])  # noqa: S606  (the command under test)
