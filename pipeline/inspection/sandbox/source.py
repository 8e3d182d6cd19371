import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EINVAL
from hashlib import file_digest
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is open for reading, with its size and digest as they were before a child had it."""

    descriptor: int
    size: int
    sha256: str


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Raises OSError for what is not an ordinary file: a pipe might never begin, or never end."""
    with open(
        path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)
    ) as file:  # Path.open takes no opener
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(EINVAL, "Not an ordinary file", str(path))
        digest = file_digest(file, "sha256").hexdigest()
        yield Source(file.fileno(), file.tell(), digest)


@contextmanager
def in_a_file(body: bytes) -> Iterator[int]:
    """The descriptor of a file without a name that holds these bytes."""
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.flush()
        yield file.fileno()
