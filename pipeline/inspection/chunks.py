import struct
import zlib
from collections.abc import Iterator
from typing import Final

from pipeline.inspection.embedded_content import find_embedded, find_embedded_in
from pipeline.inspection.sniff import Header

MAX_CHUNKS: Final = 50_000
_MAX_TEXT: Final = 65536
_PIXELS: Final = frozenset({b"IDAT", b"fdAT", b"PLTE", b"VP8 ", b"VP8L", b"ALPH", b"ANMF"})


def read_png(data: bytes) -> Header:
    """Step through the chunks; a wrong checksum in a chunk that matters means damaged data, as browsers hold it too."""
    try:
        width, height = struct.unpack_from(">II", data, 16)
        at, fault, name, embedded, count = 8, None, b"", None, 0
        while name != b"IEND":
            length, name = struct.unpack_from(">I4s", data, at)
            start, at, count = at + 8, at + 12 + length, count + 1
            if len(data) < at:
                return Header(width, height, "truncated_image", embedded)
            if count > MAX_CHUNKS:
                return Header(width, height, "too_complex", embedded)
            checksum = int.from_bytes(data[at - 4 : at])
            if name[:1].isupper() and zlib.crc32(memoryview(data)[start - 4 : at - 4]) != checksum:
                fault = "corrupt_image"
            embedded = embedded or _in_chunk(data, name, start, at - 4)
    except struct.error:
        return Header(fault="truncated_image")
    return Header(width, height, fault, embedded or find_embedded(data, at))


def _in_chunk(data: bytes, name: bytes, start: int, end: int) -> str | None:
    """Name what is embedded in a chunk that holds no pixels; of a packed text its first 64 KiB are unpacked."""
    if name in _PIXELS:
        return None
    if name == b"zTXt":
        text = data[start:end].partition(b"\0")[2][1:]
        try:
            return find_embedded(zlib.decompressobj().decompress(text, _MAX_TEXT))
        except zlib.error:
            return None
    return find_embedded(data, start, end)


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
