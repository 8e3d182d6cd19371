import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self

from pydantic import BaseModel

from pipeline.inspection.report import FileReport
from pipeline.policy.files import FileLimits

_MIB: Final = 1024 * 1024


class Examine(Protocol):
    """A function that examines a file."""

    def __call__(
        self, path: Path, *, limits: FileLimits, declared_type: str | None, filename: str | None, with_signals: bool
    ) -> tuple[FileReport, Mapping[str, object]]:
        """The report, and with signals what a reviewer may want to know beside it (json-able)."""
        ...


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one file may cost: sizes in bytes, times in seconds; `wall_seconds` is for both tries of a file together.

    `tasks` counts all processes and threads of the user, as the kernel does: it only stops a flood, the exact refusal of
    new processes is seccomp's. A child is replaced after `files_per_child` files, or when it keeps more than
    `rss_per_child` after one.
    """

    address_space_bytes: int = 2048 * _MIB
    cpu_seconds: int = 10
    wall_seconds: float = 10.0
    open_files: int = 64
    file_bytes: int = 0
    tasks: int = 4096
    header_bytes: int = 16 * _MIB
    renditions_bytes: int = 128 * _MIB
    files_per_child: int = 100
    rss_per_child: int = 256 * _MIB


class Terms(BaseModel, frozen=True, extra="forbid"):
    """What all children of one fork server have in common; `examine` is a dotted name (`module:function`)."""

    examine: str
    limits: ChildLimits


class Request(BaseModel, frozen=True, extra="forbid"):
    """One file to examine. `path` is the bytes that the system knows it by, in hexadecimal: they need not be text."""

    path: str
    limits: FileLimits
    declared_type: str | None
    filename: str | None
    with_signals: bool = True

    @classmethod
    def of(cls, path: Path, *, limits: FileLimits, declared_type: str | None, filename: str | None) -> Self:
        """The request for this file; what is not text in its names is replaced."""
        return cls(
            path=os.fsencode(path.absolute()).hex(),
            limits=limits,
            declared_type=_text(declared_type),
            filename=_text(filename),
        )

    @property
    def file(self) -> Path:
        """Where the file is."""
        return Path(os.fsdecode(bytes.fromhex(self.path)))


def _text(value: str | None) -> str | None:
    return None if value is None else value.encode("utf-8", "replace").decode()
