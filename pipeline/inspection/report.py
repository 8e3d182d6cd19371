"""What an inspection says of one file. Nothing here opens a file: whoever only reads a report loads no decoder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.inspection.findings import Finding
from pipeline.inspection.rules import verdict
from pipeline.inspection.texts import PageText


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


@dataclass(frozen=True, slots=True)
class FileReport:
    """All that an inspection says of one file.

    `size` in bytes; `media_type` by content, None when unknown; sides in pixels as stored, before the orientation is
    applied; `pages` and `texts`, its text layer, of a document only. `exif` holds the few facts that signals need (see
    `Metadata`). There are renditions only when the file is accepted.
    """

    size: int
    sha256: str
    media_type: str | None
    width: int | None
    height: int | None
    pages: int | None
    findings: tuple[Finding, ...]
    renditions: tuple[Rendition, ...]
    texts: tuple[PageText, ...] = ()
    exif: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether no finding is an error."""
        return verdict(self.findings)
