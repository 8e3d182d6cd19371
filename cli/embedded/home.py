import fcntl
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.embedded import EmbeddedError


@dataclass(frozen=True)
class Home:
    """The paths in one home folder. `path` is absolute and free of symbolic links."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "Home":
        """The home at `path`, whether it exists or not."""
        return cls(path.expanduser().resolve())

    @property
    def lock(self) -> Path:
        """Locked by the supervising process for as long as it lives."""
        return self.path / "lock"

    @property
    def secrets(self) -> Path:
        """The generated passwords and keys."""
        return self.path / "secrets.json"

    @property
    def receipt_key(self) -> Path:
        """The key that signs receipts of erasures."""
        return self.path / "receipt-key.json"

    @property
    def ports(self) -> Path:
        """The ports of the latest start."""
        return self.path / "ports.json"

    @property
    def environment(self) -> Path:
        """The variables of the running stack."""
        return self.path / "environment.json"

    @property
    def children(self) -> Path:
        """The children that were started: process id, time of creation, name."""
        return self.path / "run" / "children.json"

    @property
    def stack(self) -> Path:
        """The supervising process, and the address of each part."""
        return self.path / "run" / "stack.json"

    @property
    def mail(self) -> Path:
        """Each accepted mail as a file."""
        return self.path / "mail"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.path / "postgres" / "data"

    def log(self, name: str) -> Path:
        """The output of the child `name`."""
        return self.path / "log" / f"{name}.log"

    def make(self) -> None:
        """Create missing folders, for their owner only. A new home is ignored by git. Raises EmbeddedError."""
        try:
            if not self.path.exists():
                self.path.mkdir(mode=0o700, parents=True)
                (self.path / ".gitignore").write_text("*\n", encoding="ascii")
            for folder in ("log", "run"):
                (self.path / folder).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            message = (
                f"The folder {self.path} cannot be used: {error.strerror}. Choose another home, or start as its owner."
            )
            raise EmbeddedError(message) from error


class HomeLock:
    """The supervising process's lock on a home. The kernel releases it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process holds it."""
        return self._descriptor is not None

    def acquire(self) -> bool:
        """Try to take it; returns whether that worked. Children do not inherit it: the descriptor is closed on exec."""
        self._descriptor = _lock(self._path, fcntl.LOCK_EX)
        return self._descriptor is not None

    def release(self) -> None:
        """Release it, if this process holds it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock. It tries a shared lock only, so that two callers do not block each other."""
    if not path.exists():
        return False
    descriptor = _lock(path, fcntl.LOCK_SH)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None


def write_private(path: Path, content: object) -> None:
    """Replace `path` in one step by `content` as JSON, readable by its owner only. A reader gets the old or the new content."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; empty when there is none or it cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _lock(path: Path, kind: int) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
