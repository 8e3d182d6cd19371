"""Whether a JPEG holds what our encoder writes, from its first byte to its last, and nothing else.

Our encoder always writes the same segments in the same order; only the sides, the quality and the pixels differ. So each segment is
compared with what it must be, and the picture data may hold no marker before the end.
"""

import re
import struct
from collections.abc import Iterator
from typing import Final

from pipeline.inspection.sandbox.jpeg_tables import HUFFMAN, quantisation

_START: Final = b"\xff\xd8"
_END: Final = b"\xff\xd9"
_PREFIX: Final = 0xFF
_APP0: Final = 0xE0
_TABLES: Final = 0xDB
_FRAME: Final = 0xC0
_HUFFMAN: Final = 0xC4
_SCAN: Final = 0xDA
_JFIF: Final = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
_COMPONENTS: Final = bytes.fromhex("03012200021101031101")
_ONE_SCAN: Final = bytes.fromhex("03010002110311003f00")
_MARKER: Final = re.compile(rb"\xff[^\0]", re.DOTALL)
"""In picture data a zero follows every byte 255; any other byte makes a marker of both."""

_BLOCK: Final = 16
_BLOCKS: Final = 6
_MOST_OF_BLOCK: Final = 2 * (22 + 63 * 26) // 8 + 1
_LEAST_OF_BLOCK: Final = 4 / 8
"""Bytes of 64 coefficients: by the longest codes, each byte followed by a zero; and by the shortest."""


class NotPlain(ValueError):
    """There is something in the picture that we do not write."""


def plain_jpeg_size(body: bytes) -> tuple[int, int]:
    """The width and height of this JPEG. Raises NotPlain unless it holds what makes up its pixels, and no more."""
    if not (body.startswith(_START) and body.endswith(_END)):
        raise NotPlain("it does not begin and end as a JPEG does")
    try:
        segments = list(_header(body))
    except (struct.error, IndexError) as error:
        raise NotPlain("it ends within its header") from error
    size = _size(segments)
    _require_only_pixels(body, segments[-1][2], size)
    return size


def _header(body: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Each segment's marker, its content and where it ends, the scan's header last."""
    at, marker = len(_START), 0
    while marker != _SCAN:
        prefix, marker, length = struct.unpack_from(">BBH", body, at)
        content, at = body[at + 4 : at + 2 + length], at + 2 + length
        if prefix != _PREFIX or not _is_ours(marker, content):
            raise NotPlain(f"it has a segment {prefix:02x}{marker:02x} that we do not write")
        yield marker, content, at


def _is_ours(marker: int, content: bytes) -> bool:
    match marker:
        case 0xE0:
            return content == _JFIF
        case 0xDB:
            return any(content in pair for pair in quantisation())
        case 0xC0:
            return content[:1] == b"\x08" and content[5:] == _COMPONENTS
        case 0xC4:
            return content in HUFFMAN
        case 0xDA:
            return content == _ONE_SCAN
    return False


def _size(segments: list[tuple[int, bytes, int]]) -> tuple[int, int]:
    """Raises NotPlain unless every segment is there once and in its order."""
    found = [marker for marker, _, _ in segments]
    if _FRAME not in found:
        raise NotPlain("it has no frame")
    tables = tuple(content for marker, content, _ in segments if marker == _TABLES)
    huffman = tuple(content for marker, content, _ in segments if marker == _HUFFMAN)
    if found != [_APP0, _TABLES, _TABLES, _FRAME, *(_HUFFMAN,) * len(HUFFMAN), _SCAN]:
        raise NotPlain("its segments are not those that we write")
    if tables not in quantisation() or huffman != HUFFMAN:
        raise NotPlain("its tables are not those that we write")
    height, width = struct.unpack_from(">HH", segments[found.index(_FRAME)][1], 1)
    return width, height


def _require_only_pixels(body: bytes, start: int, size: tuple[int, int]) -> None:
    """Raises NotPlain for a marker within or behind the picture data, and for more or less data than such a picture can have."""
    end = len(body) - len(_END)
    marker = _MARKER.search(body, start)
    if marker is None or marker.start() != end:
        raise NotPlain("it does not begin and end as a JPEG does: there is a marker behind its header")
    blocks = _BLOCKS * (-(-size[0] // _BLOCK)) * (-(-size[1] // _BLOCK))
    if not blocks * _LEAST_OF_BLOCK <= end - start <= blocks * _MOST_OF_BLOCK:
        raise NotPlain("its picture data is not as long as its pixels need")
