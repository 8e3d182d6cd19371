from collections.abc import Iterable
from pathlib import PurePath
from typing import Final

from pipeline.inspection.findings import Finding, Severity, finding
from pipeline.inspection.sniff import Kind
from pipeline.kernel.translatable import msgid
from pipeline.policy.files import FileLimits

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


def verdict(findings: Iterable[Finding]) -> bool:
    """Accept when no finding is an error."""
    return all(found.severity is not Severity.ERROR for found in findings)


def judge_size(size: int, limits: FileLimits) -> list[Finding]:
    """Find `empty_file` or `file_too_large`, or nothing. `size` in bytes."""
    if size == 0:
        return [finding("empty_file")]
    if size > limits.max_bytes:
        return [finding("file_too_large", size=size, limit=limits.max_bytes)]
    return []


def judge_type(kind: Kind, limits: FileLimits, *, declared_type: str | None, filename: str | None) -> list[Finding]:
    """Find `unsupported_type` by the content alone, and `type_mismatch` where a name or a declaration says otherwise.

    The format is judged by content, never by name or declared type (DOMAIN §1): a claim of another one is only a warning, since nobody
    is handed the file itself.
    """
    findings = []
    if kind.media_type not in limits.media_types:
        allowed = [_ACCEPTABLE.get(name, name) for name in limits.media_types]
        findings.append(finding("unsupported_type", found=kind.label, allowed=allowed, media_type=kind.media_type))
    claimed = _claims(declared_type, filename) - {kind.media_type}
    if claimed and kind.media_type is not None:
        findings.append(finding("type_mismatch", claimed=sorted(claimed), found=kind.media_type))
    return findings


def judge_pixels(width: int, height: int, limits: FileLimits) -> list[Finding]:
    """Find `too_many_pixels`, `too_few_pixels`, both or nothing, for a picture of this size."""
    findings = []
    if width * height > limits.max_pixels or max(width, height) > limits.max_side:
        most = {"max_pixels": limits.max_pixels, "max_side": limits.max_side}
        findings.append(finding("too_many_pixels", width=width, height=height, **most))
    if min(width, height) < limits.min_side:
        findings.append(finding("too_few_pixels", width=width, height=height, min_side=limits.min_side))
    return findings


def _claims(declared_type: str | None, filename: str | None) -> set[str]:
    """List the media types that a declaration and a file name claim, in one spelling each; `image/*` claims none."""
    declared = (declared_type or "").partition(";")[0].strip().lower()
    named = _EXTENSIONS.get(PurePath(filename or "").suffix.lower(), "")
    return {_SAME.get(claim, claim) for claim in (declared, named) if "*" not in claim} - _SAYS_NOTHING
