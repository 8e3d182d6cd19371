"""Landlock: which files a process may still open. None at all, but for the few that its caller names one by one."""

import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from errno import EACCES, EPERM
from pathlib import Path
from typing import Final

from pipeline.inspection.confinement.libc import syscall

_CREATE: Final = 444
_ADD_RULE: Final = 445
_RESTRICT: Final = 446
_VERSION: Final = 1
_BENEATH: Final = 1
_RUN: Final = 1 << 0
_READ_FILE: Final = 1 << 2
_RIGHTS_OF_VERSION: Final = {1: 13, 2: 14, 3: 15, 4: 15}
_RIGHTS_TODAY: Final = 16
_NETWORK_FROM: Final = 4
_SCOPES_FROM: Final = 6


class Ineffective(OSError):
    """The kernel took the rules and does not keep them."""


def install(*, readable: Iterable[Path] = (), runnable: Iterable[Path] = ()) -> None:
    """Restrict this process from now on; what is named and missing is left out. Raises OSError where the kernel cannot.

    A file in a readable folder may be read, and no folder may be listed. A runnable file may be read and run.
    """
    version = syscall(_CREATE, None, 0, _VERSION)
    ruleset = syscall(_CREATE, *_ruleset(version), 0)
    try:
        for paths, rights in ((readable, _READ_FILE), (runnable, _READ_FILE | _RUN)):
            for path in paths:
                with suppress(FileNotFoundError, NotADirectoryError):
                    _allow(ruleset, path, rights)
        syscall(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)
    _require_effect()


def _ruleset(version: int) -> tuple[bytes, int]:
    """All rights that this version knows, so that what no rule gives is refused: files, TCP, signals to others."""
    files = (1 << _RIGHTS_OF_VERSION.get(version, _RIGHTS_TODAY)) - 1
    words = [files, 0b11, 0b11][: 1 + (version >= _NETWORK_FROM) + (version >= _SCOPES_FROM)]
    return struct.pack(f"={len(words)}Q", *words), 8 * len(words)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        syscall(_ADD_RULE, ruleset, _BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _require_effect() -> None:
    try:
        os.close(os.open("/", os.O_RDONLY))
    except OSError as error:
        if error.errno in {EACCES, EPERM}:
            return
        raise
    raise Ineffective("the root folder can still be opened")
