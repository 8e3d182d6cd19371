"""What a file must be to be accepted: limits and the decisions about them. No I/O."""

from collections.abc import Iterable
from pathlib import PurePath
from typing import Final

from pydantic import BaseModel, Field

from pipeline.inspection.findings import Finding, Severity, finding
from pipeline.inspection.sniff import Kind
from pipeline.kernel.translatable import msgid

PIXEL_CEILING: Final = 2**27
"""No policy may allow more pixels: a picture of this size already takes half a gigabyte when it is opened."""

_SAME: Final = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "application/x-pdf": "application/pdf"}
_SAYS_NOTHING: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_EXTENSIONS: Final = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "image/jpeg"),
    **dict.fromkeys((".heic", ".heif"), "image/heic"),
    **dict.fromkeys((".tif", ".tiff"), "image/tiff"),
    **dict.fromkeys((".html", ".htm"), "text/html"),
    **dict.fromkeys((".zip", ".docx", ".xlsx", ".pptx"), "application/zip"),
    **dict.fromkeys((".exe", ".dll"), "application/x-executable"),
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
_ACCEPTABLE: Final = {
    "image/jpeg": msgid("a JPEG picture"),
    "image/png": msgid("a PNG picture"),
    "image/webp": msgid("a WebP picture"),
    "image/heic": msgid("a HEIC picture"),
    "application/pdf": msgid("a PDF document"),
}


class FileRules(BaseModel, frozen=True, extra="forbid"):
    """The limits for one use of a file. Sizes in bytes, sides in pixels, `quality` as JPEG encoders count it."""

    media_types: tuple[str, ...] = Field(min_length=1)
    max_bytes: int = Field(gt=0)
    max_pixels: int = Field(default=50_000_000, gt=0, le=PIXEL_CEILING)
    max_side: int = Field(default=16384, gt=0)
    min_side: int = Field(default=1, gt=0)
    max_pages: int = Field(default=50, gt=0)
    large_side: int = Field(gt=0)
    small_side: int = Field(gt=0)
    page_side: int = Field(gt=0, le=8192)
    quality: int = Field(ge=1, le=95)


def verdict(findings: Iterable[Finding]) -> bool:
    """Accept when no finding is an error."""
    return all(found.severity is not Severity.ERROR for found in findings)


def judge_size(size: int, rules: FileRules) -> list[Finding]:
    """Find `empty_file` or `file_too_large`, or nothing. `size` in bytes."""
    if size == 0:
        return [finding("empty_file")]
    if size > rules.max_bytes:
        return [finding("file_too_large", size=size, limit=rules.max_bytes)]
    return []


def judge_type(kind: Kind, rules: FileRules, *, declared_type: str | None, filename: str | None) -> list[Finding]:
    """Find `unsupported_type` by the content alone, and `type_mismatch` where a name or a declaration says otherwise.

    The format is judged by content, never by name or declared type (DOMAIN §1); a file that claims another one is refused, since
    whatever reads it later may believe the claim.
    """
    findings = []
    if kind.media_type not in rules.media_types:
        allowed = [_ACCEPTABLE.get(name, name) for name in rules.media_types]
        findings.append(finding("unsupported_type", found=kind.label, allowed=allowed, media_type=kind.media_type))
    claimed = _claims(declared_type, filename) - {kind.media_type}
    if claimed and kind.media_type is not None:
        findings.append(finding("type_mismatch", claimed=sorted(claimed), found=kind.media_type))
    return findings


def judge_pixels(width: int, height: int, rules: FileRules) -> list[Finding]:
    """Find `too_many_pixels`, `too_few_pixels`, both or nothing, for a picture of this size."""
    findings = []
    if width * height > rules.max_pixels or max(width, height) > rules.max_side:
        limits = {"max_pixels": rules.max_pixels, "max_side": rules.max_side}
        findings.append(finding("too_many_pixels", width=width, height=height, **limits))
    if min(width, height) < rules.min_side:
        findings.append(finding("too_few_pixels", width=width, height=height, min_side=rules.min_side))
    return findings


def _claims(declared_type: str | None, filename: str | None) -> set[str]:
    """List the media types that a declaration and a file name claim, in one spelling each."""
    declared = (declared_type or "").partition(";")[0].strip().lower()
    named = _EXTENSIONS.get(PurePath(filename or "").suffix.lower(), "")
    return {_SAME.get(claim, claim) for claim in (declared, named)} - _SAYS_NOTHING
