from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, Final, Literal, Protocol

from pydantic import BaseModel, Field, TypeAdapter

from pipeline.inspection.report import FileReport
from pipeline.policy.files import FileLimits

_MIB: Final = 1024 * 1024


class Examine(Protocol):
    """A function that examines a file, which is open for reading and has this digest."""

    def __call__(  # all but the first have a name
        self,
        file: BinaryIO,
        *,
        sha256: str,
        limits: FileLimits,
        declared_type: str | None,
        filename: str | None,
        with_signals: bool,
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
    header_bytes: int = 8 * _MIB
    renditions_bytes: int = 128 * _MIB
    files_per_child: int = 100
    rss_per_child: int = 256 * _MIB


Work = Callable[..., Any]
"""What the children of one fork server do: `Examine`, or `Blacken` of `pipeline.inspection.blacken`."""


class Terms(BaseModel, frozen=True, extra="forbid"):
    """What all children of one fork server have in common; `work` is a dotted name (`module:function`)."""

    work: str
    limits: ChildLimits


class Inspection(BaseModel, frozen=True, extra="forbid"):
    """Examine the file that comes with this. `sha256` is its digest, which the parent has taken."""

    kind: Literal["inspection"] = "inspection"
    sha256: str
    limits: FileLimits
    declared_type: str | None
    filename: str | None
    with_signals: bool = True


class Blackening(BaseModel, frozen=True, extra="forbid"):
    """Blacken boxes of the JPEG that comes with this: x, y, width and height in thousandths of its sides."""

    kind: Literal["blackening"] = "blackening"
    boxes: tuple[tuple[float, float, float, float], ...]
    quality: int


Request = Inspection | Blackening
_requests: Final = TypeAdapter[Request](Annotated[Request, Field(discriminator="kind")])


def parse_request(frame: bytes) -> Request:
    """What the parent asks for."""
    return _requests.validate_json(frame)


def as_text(value: str | None) -> str | None:
    """The name with what is not text in it replaced: a file's name need not be text."""
    return None if value is None else value.encode("utf-8", "replace").decode()
