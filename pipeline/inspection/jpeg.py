import io
from typing import Final

import simplejpeg
from PIL import Image

from pipeline.inspection.findings import Finding
from pipeline.inspection.jpeg_scan import FRAMES, SCAN
from pipeline.inspection.libjpeg_warnings import irregularities, is_damage
from pipeline.inspection.sniff import Header

# By components: simplejpeg's name for the pixels, Pillow's mode, and how they are stored. Four bytes to a pixel are what
# Pillow uses itself, so they need no copy. CMYK is stored inverted, as Adobe's programs began to.
_LAYOUTS: Final = {1: ("GRAY", "L", "L"), 3: ("RGBX", "RGBX", "RGBX"), 4: ("CMYK", "CMYK", "CMYK;I")}
_SEQUENTIAL: Final = frozenset({0xC0, 0xC1})
_ADOBE: Final = 0xEE
# Quantisation, Huffman and restart tables and the frame; Adobe's segment says how the colours are stored.
_TABLES: Final = frozenset({0xC4, 0xDB, 0xDD, _ADOBE}) | FRAMES


def decode_jpeg(data: bytes, header: Header, factor: int) -> tuple[Image.Image, list[Finding]]:
    """Read all the data and keep the pixels at 1/`factor` of the sides (1, 2, 4 or 8).

    Damaged picture data shows as a bad code, as a segment that ends early, or as many bytes left over, and raises
    ValueError, as does all else that the decoder cannot read. A mere irregularity is a finding.
    """
    try:
        return _decode_strictly(data, header, factor), []
    except ValueError:
        return _second_opinion(data, header, factor)


def _decode_strictly(data: bytes, header: Header, factor: int) -> Image.Image:
    """Decode a JPEG. Raises ValueError for damage and for all else that libjpeg would only warn about."""
    _require_size(simplejpeg.decode_jpeg_header(data)[1::-1], (header.width, header.height))
    colorspace, mode, stored = _LAYOUTS[header.components]
    width, height = (-(-side // factor) for side in (header.width, header.height))
    pixels = simplejpeg.decode_jpeg(data, colorspace=colorspace, min_height=height, min_width=width, strict=True)
    _require_size(pixels.shape[1::-1], (width, height))
    return Image.frombuffer(mode, (width, height), pixels, "raw", stored, 0, 1)


def _decode_leniently(data: bytes, header: Header, factor: int) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        _require_size(image.size, (header.width, header.height))
        if factor > 1:
            image.draft(None, (header.width // factor, header.height // factor))
        image.load()
        return image


def _require_size(found: tuple[int, ...], announced: tuple[int, int]) -> None:
    if tuple(found) != announced:
        raise ValueError(f"decoded to {found}, announced as {announced}")


def _second_opinion(data: bytes, header: Header, factor: int) -> tuple[Image.Image, list[Finding]]:
    """Decide whether libjpeg's warning matters, judged on a copy that has only what the pixels need.

    Photos that cameras and editors wrote draw warnings on their metadata, on stray bytes between the segments of the
    header, and on padding before the end: none of these touches a pixel.
    """
    bare = _without_metadata(data, header)
    try:
        return _decode_strictly(bare, header, factor), []
    except ValueError as error:
        warning = str(error)
    if is_damage(warning, data, header):
        raise ValueError(warning)
    return _decode_leniently(bare, header, factor), irregularities(warning, data, header)


def _without_metadata(data: bytes, header: Header) -> bytes:
    """Keep this JPEG's tables and picture data; in a sequential one also put the scan's idle parameters right."""
    scan = next(each for each in header.segments if each.marker == SCAN)
    before = [each for each in header.segments if each.start < scan.start]
    head = data[scan.start : scan.end]
    if any(each.marker in _SEQUENTIAL for each in before):
        head = head[:-3] + b"\x00\x3f\x00"
    tables = [data[each.start : each.end] for each in before if each.marker in _TABLES]
    return b"".join([b"\xff\xd8", *tables, head, data[scan.end : header.segments[-1].end]])
