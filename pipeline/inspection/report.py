"""The report of an inspection. Nothing here opens a file, so that reading a report loads no decoder."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, Self

from pipeline.inspection.findings import Finding
from pipeline.inspection.inspector_version import inspector_version
from pipeline.inspection.rules import verdict


@dataclass(frozen=True, slots=True)
class Rendition:
    """One encoded picture of a file. `page` counts from 1 and is 1 for a picture; sides in pixels."""

    purpose: Literal["large", "small"]
    page: int
    media_type: Literal["image/jpeg"]
    width: int
    height: int
    body: bytes
    sha256: str


class Word(NamedTuple):
    """A word and its box. Sides are shares of the page as it is shown, 0 to 1, counted from its top left corner."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class PageText:
    """The words of one page, in the order of the file. `page` counts from 1; sides in points, as the page is shown."""

    page: int
    width: float
    height: float
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class FileReport:
    """All that an inspection says of one file.

    `size` in bytes; `media_type` by content, None when unknown; sides in pixels as stored, before the orientation is
    applied; `pages` and `texts`, its text layer, of a document only. `exif` holds the few facts that signals need (see
    `Metadata`). There are renditions only when the file is accepted. `inspector_version` names what the report depends on beside the
    file and the policy.
    """

    size: int
    sha256: str
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    findings: tuple[Finding, ...] = ()
    renditions: tuple[Rendition, ...] = ()
    texts: tuple[PageText, ...] = ()
    exif: Mapping[str, str | int] = field(default_factory=dict)
    inspector_version: str = field(default_factory=inspector_version)

    @property
    def accepted(self) -> bool:
        """Whether no finding is an error."""
        return verdict(self.findings)

    def with_findings(self, *more: Finding) -> Self:
        """The same report with these findings after its own."""
        return replace(self, findings=(*self.findings, *more))
