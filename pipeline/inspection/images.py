"""Inspects a picture: one full decode by an explicitly chosen decoder, after its structure has passed the limits."""

import io
import re
from dataclasses import replace
from typing import Final

from PIL import Image

from pipeline.inspection.findings import Fault, Finding, Severity, finding
from pipeline.inspection.heic import decode_heic, read_heic
from pipeline.inspection.jpeg import decode_jpeg
from pipeline.inspection.jpeg_end import completions, is_cut
from pipeline.inspection.jpeg_scan import read_jpeg
from pipeline.inspection.metadata import Metadata, jpeg_metadata, read_metadata
from pipeline.inspection.png_chunks import read_png, without_notes
from pipeline.inspection.renditions import render_picture
from pipeline.inspection.report import FileReport
from pipeline.inspection.rules import judge_pixels
from pipeline.inspection.sniff import Header
from pipeline.inspection.webp_chunks import read_webp
from pipeline.policy.files import PIXEL_CEILING, FileLimits

# Our own limit comes first and is never above this one, so Pillow's error (at twice the number) is only a second lock.
Image.MAX_IMAGE_PIXELS = PIXEL_CEILING

_READERS: Final = {"image/jpeg": read_jpeg, "image/png": read_png, "image/webp": read_webp, "image/heic": read_heic}
_FORMATS: Final = {"image/png": "PNG", "image/webp": "WEBP"}
_FACTORS: Final = (8, 4, 2, 1)
_SHARPNESS: Final = 1.5
_CUT: Final = re.compile(r"truncated|Premature end of JPEG", re.IGNORECASE)
_MENDABLE: Final = frozenset({"truncated_image", "corrupt_image", "unsupported_jpeg_variant"})
_EXCESSIVE: Final = re.compile(r"Decompressed data too large|Too much memory", re.IGNORECASE)


def inspect_image(data: bytes, report: FileReport, limits: FileLimits) -> FileReport:
    """Complete the report on a JPEG, PNG, WebP or HEIC; render it if it is accepted. Nothing is decoded beyond the limits.

    A JPEG that is refused as it is, is tried once more with the end marker that it may lack.
    """
    found = _inspect(data, report, limits, _READERS[report.media_type or ""](data))
    if found.accepted or report.media_type != "image/jpeg" or not _is_mendable(found):
        return found
    for whole, header in completions(data):
        mended = _inspect(whole, report, limits, header)
        if mended.accepted:
            return mended.with_findings(finding("end_marker_missing"))
        if not _is_mendable(mended) or "unsupported_jpeg_variant" in {each.code for each in found.findings}:
            found = mended  # what was taken for a second picture is a trailer
    if found.findings[-1].code == "unsupported_jpeg_variant" and is_cut(data):
        return replace(found, findings=(*found.findings[:-1], finding("truncated_image")))
    return found


def _is_mendable(report: FileReport) -> bool:
    """Whether all that refuses this JPEG may come of a missing end marker."""
    return all(each.code in _MENDABLE for each in report.findings if each.severity is Severity.ERROR)


def _inspect(data: bytes, report: FileReport, limits: FileLimits, header: Header) -> FileReport:
    media_type = report.media_type or ""
    findings = [finding(header.fault)] if header.fault else []
    if header.embedded:
        findings.append(finding("embedded_content", found=header.embedded))
    if header.width or not header.fault:
        findings += judge_pixels(header.width, header.height, limits)
    report = replace(report, width=header.width or None, height=header.height or None).with_findings(*findings)
    if not report.accepted:
        return report
    try:
        image, metadata, irregularities = _decode(data, media_type, header, limits)
        renditions, more = render_picture(image, metadata, limits)
    except Fault as fault:
        return report.with_findings(finding(str(fault)))
    except (MemoryError, RecursionError, Image.DecompressionBombError):
        return report.with_findings(finding("too_complex"))
    except Exception as error:  # noqa: BLE001  # a decoder may raise anything, and each is a finding on the file
        return report.with_findings(finding(_code_of(str(error))))
    complete = replace(report, renditions=tuple(renditions), exif=metadata.exif)
    return complete.with_findings(*irregularities, *metadata.findings, *more)


def _code_of(error: str) -> str:
    if _EXCESSIVE.search(error):
        return "too_complex"
    return "truncated_image" if _CUT.search(error) else "corrupt_image"


def _decode(
    data: bytes, media_type: str, header: Header, limits: FileLimits
) -> tuple[Image.Image, Metadata, list[Finding]]:
    """Read all the data; keep a large JPEG's pixels at a fraction of its sides. Raises what decoders raise."""
    if media_type == "image/jpeg":
        spare = max(header.width, header.height) / (limits.large_side * _SHARPNESS)
        factor = next(factor for factor in _FACTORS if factor <= max(spare, 1))
        image, findings = decode_jpeg(data, header, factor)
        return image, jpeg_metadata(data, header.segments), findings
    if media_type == "image/heic":
        return *decode_heic(data), []
    if media_type == "image/png":
        bare, lost = without_notes(data)
        return *_load(bare, media_type, header), [finding("bad_colour_profile")] if lost else []
    return *_load(data, media_type, header), []


def _load(data: bytes, media_type: str, header: Header) -> tuple[Image.Image, Metadata]:
    with Image.open(io.BytesIO(data), formats=[_FORMATS[media_type]]) as image:
        if getattr(image, "n_frames", 1) > 1:
            raise Fault("multi_frame")
        if image.size != (header.width, header.height):
            raise ValueError(f"decoded to {image.size}, announced as {header.width} by {header.height}")
        image.load()
        return image, read_metadata(image.info.get("exif"), image.info.get("icc_profile"))
