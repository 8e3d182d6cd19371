"""Becomes another program, confined: `python -c … program.py's main`. It may run that one file, and read its data and libraries.

It starts as a process of its own and not as a fork of a decoder's child, since those may run no program at all.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.inspection.confinement.advice import lacking
from pipeline.inspection.confinement.confine import Profile, allow_processor_time, confine, keep_open

NOT_CONFINED: Final = 78
"""The exit code where a protection is missing that must be on: the program was not started."""

_MIB: Final = 1024 * 1024
_LINKERS: Final = (
    Path("/lib64/ld-linux-x86-64.so.2"),
    Path("/lib/ld-linux-aarch64.so.1"),
    Path("/lib/ld-musl-x86_64.so.1"),
    Path("/lib/ld-musl-aarch64.so.1"),
)
"""A program starts by its dynamic linker."""

_LIBRARIES: Final = (
    Path("/etc/ld.so.cache"),
    Path("/lib"),
    Path("/lib64"),
    Path("/usr/lib"),
    Path("/usr/lib64"),
    Path("/usr/local/lib"),
)


@dataclass(frozen=True, slots=True)
class ProgramLimits:
    """What a program may cost. It writes into pipes only."""

    address_space_bytes: int = 1024 * _MIB
    open_files: int = 64
    tasks: int = 4096
    file_bytes: int = 0


def main(order: str) -> None:
    """Run `{"command": […], "environment": {…}, "readable": […], "seconds": …}`. Returns only where it is not confined."""
    given = json.loads(order)
    program = Path(given["command"][0])
    searched = given["environment"].get("LD_LIBRARY_PATH", "").split(":")
    readable = [*_LIBRARIES, *(Path(each) for each in (*searched, *given["readable"]) if each)]
    keep_open(())
    allow_processor_time(given["seconds"])
    missing = confine(ProgramLimits(), Profile(readable=readable, runnable=[program, *_LINKERS]))
    if lacking(missing):
        sys.exit(NOT_CONFINED)
    os.execve(program, given["command"], given["environment"])  # noqa: S606  # it is the purpose
