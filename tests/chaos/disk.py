"""The disk of the object store, which can be made full."""

import contextlib
import ctypes
import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

LARGE: Final = "1g"
CLONE_NEWNS: Final = 0x20000
TRIES: Final = 20


class Disk(ABC):
    """What can be filled and freed; both as often as one likes."""

    @abstractmethod
    def fill(self) -> None:
        """From now on a write fails."""

    @abstractmethod
    def free(self) -> None:
        """From now on it does not."""


class MountedDisk(Disk):
    """A file system in memory. It is full once it may be no larger than what it holds: ENOSPC."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fill(self) -> None:
        """Shrink it; again where something was written meanwhile."""
        for _ in range(TRIES):
            found = os.statvfs(self._folder)
            held = max(1, found.f_blocks - found.f_bfree)  # a size of nothing would mean: as large as one likes
            if self._resized(str(held * found.f_frsize)):
                return

    def free(self) -> None:
        """Let it grow."""
        self._resized(LARGE)

    def _resized(self, size: str) -> bool:
        return _ran("mount", "-o", f"remount,size={size}", str(self._folder))


class LimitedDisk(Disk):
    """Where nobody may mount: a process that may write no file is told EFBIG. `pid` gives the process, 0 for none."""

    def __init__(self, pid: Callable[[], int]) -> None:
        self._pid = pid

    def fill(self) -> None:
        """Forbid every byte."""
        self._limit(0)

    def free(self) -> None:
        """Allow any."""
        self._limit(psutil.RLIM_INFINITY)

    def _limit(self, most: int) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._pid())
            process.rlimit(psutil.RLIMIT_FSIZE, (most, process.rlimit(psutil.RLIMIT_FSIZE)[1]))


@contextmanager
def disk(folder: Path, *, pid: Callable[[], int]) -> Iterator[Disk]:
    """A disk mounted on `folder` where that is allowed, unmounted at the end; else the limit of the process that writes there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _ran("mount", "-t", "tmpfs", "-o", f"size={LARGE},mode=0700", "tmpfs", str(folder)):
        yield LimitedDisk(pid)
        return
    try:
        yield MountedDisk(folder)
    finally:
        _ran("umount", "--lazy", str(folder))


def keep_mounts_to_ourselves() -> None:
    """What this thread, its threads and its children mount from now on ends with them, kill -9 included (Linux, as root)."""
    unshare = getattr(ctypes.CDLL(None), "unshare", None)  # os.unshare came with Python 3.12
    if unshare is not None and unshare(CLONE_NEWNS) == 0:
        _ran("mount", "--make-rprivate", "/")


def _ran(*command: str) -> bool:
    """Whether it succeeded; False too where there is no such command."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
    return False
