"""Landlock: what a child may read. Not other processes' environment and memory, not secrets that a host hands to services.

The rest of the file system stays readable, since a file under inspection may be anywhere; nothing of it can be written.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipeline.inspection.sandbox.libc import syscall

_CREATE: Final = 444
_ADD_RULE: Final = 445
_RESTRICT: Final = 446
_VERSION: Final = 1
_BENEATH: Final = 1
_READ_FILE: Final = 1 << 2
_READ_FOLDER: Final = 1 << 3
_RIGHTS_OF_VERSION: Final = {1: 13, 2: 14, 3: 15, 4: 15}
_RIGHTS_TODAY: Final = 16
_NETWORK_FROM: Final = 4
_SCOPES_FROM: Final = 6
_CLOSED: Final = frozenset({"proc", "sys", "dev", "run", "boot", "lost+found"})
_CLOSED_IN_RUN: Final = frozenset({"secrets", "credentials", "lock"})
_DEVICES: Final = (Path("/dev/null"), Path("/dev/zero"), Path("/dev/urandom"))


def install() -> None:
    """Restrict this process from now on. Raises OSError where the kernel does not have it."""
    version = syscall(_CREATE, None, 0, _VERSION)
    ruleset = syscall(_CREATE, *_ruleset(version), 0)
    try:
        for path in _readable():
            with suppress(OSError):
                _allow(ruleset, path)
        syscall(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _ruleset(version: int) -> tuple[bytes, int]:
    """All rights that this version knows, so that what no rule gives is refused: files, TCP, signals to others."""
    files = (1 << _RIGHTS_OF_VERSION.get(version, _RIGHTS_TODAY)) - 1
    words = [files, 0b11, 0b11][: 1 + (version >= _NETWORK_FROM) + (version >= _SCOPES_FROM)]
    return struct.pack(f"={len(words)}Q", *words), 8 * len(words)


def _readable() -> Iterator[Path]:
    yield from _DEVICES
    yield Path("/dev/shm")  # noqa: S108  # where a service may keep its temporary files
    for top, closed in ((Path("/"), _CLOSED), (Path("/run"), _CLOSED_IN_RUN)):
        with suppress(OSError):
            yield from (each for each in top.iterdir() if each.name not in closed)


def _allow(ruleset: int, path: Path) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = _READ_FILE | (_READ_FOLDER if path.is_dir() else 0)
        syscall(_ADD_RULE, ruleset, _BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)
