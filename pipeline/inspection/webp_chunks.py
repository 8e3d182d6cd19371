import struct
from collections.abc import Iterator
from typing import Final

from pipeline.inspection.embedded_content import find_embedded_in
from pipeline.inspection.sniff import Header

MAX_CHUNKS: Final = 50_000
_PIXELS: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANMF"})


def read_webp(data: bytes) -> Header:
    """Read the canvas of a simple, a lossless or an extended WebP, and step through its chunks."""
    try:
        size = 8 + struct.unpack_from("<I", data, 4)[0]
        width, height = _canvas(data)
    except struct.error:
        return Header(fault="truncated_image")
    if size > len(data):
        return Header(width, height, "truncated_image")
    if not width:
        return Header(fault="corrupt_image")
    places = list(_webp_places(data, size))
    if len(places) > MAX_CHUNKS:
        return Header(width, height, "too_complex")
    return Header(width, height, None, find_embedded_in(data, places))


def _canvas(data: bytes) -> tuple[int, int]:
    form = data[12:16]
    if form == b"VP8X":
        low_wide, high_wide, low_high, high_high = struct.unpack_from("<HBHB", data, 24)
        return (high_wide << 16 | low_wide) + 1, (high_high << 16 | low_high) + 1
    if form == b"VP8L":
        packed = struct.unpack_from("<I", data, 21)[0]
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if form == b"VP8 ":
        wide, high = struct.unpack_from("<HH", data, 26)
        return wide & 0x3FFF, high & 0x3FFF
    return 0, 0


def _webp_places(data: bytes, size: int) -> Iterator[tuple[int, int]]:
    """The stretches that hold no pixels, and all that stands after the picture; at most one more than is allowed."""
    at, count = 12, 0
    while at + 8 <= size and count <= MAX_CHUNKS:
        name, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length + length % 2
        if name not in _PIXELS:
            yield at + 8, min(end, size)
        at, count = end, count + 1
    yield size, len(data)
