"""What is told of a picture before anything of it is decoded."""

from dataclasses import dataclass
from typing import NamedTuple


class Segment(NamedTuple):
    """A stretch of a JPEG: its marker, where it starts, and the place after its last byte."""

    marker: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """A picture's sides in pixels, 0 when unknown, and what its structure gives away.

    `fault` is the code of the finding that the structure deserves, if any; `foreign` names content of another kind that
    the file carries. For a JPEG also the number of its colour components and its segments, first to last.
    """

    width: int = 0
    height: int = 0
    fault: str | None = None
    foreign: str | None = None
    components: int = 0
    segments: tuple[Segment, ...] = ()
