import fcntl
import os
from pathlib import Path


class HomeLock:
    """Says who supervises a home. The kernel lets go of it when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether it is ours."""
        return self._descriptor is not None

    def acquire(self) -> bool:
        """Whether the lock is ours now. Children do not inherit it, since the descriptor is closed on exec."""
        self._descriptor = _lock(self._path, fcntl.LOCK_EX)
        return self._descriptor is not None

    def release(self) -> None:
        """Let go of it, if it is ours."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_held(path: Path) -> bool:
    """Whether some living process holds the lock. Only a shared lock is tried, so that askers do not meet each other."""
    if not path.exists():
        return False
    descriptor = _lock(path, fcntl.LOCK_SH)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None


def _lock(path: Path, kind: int) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
