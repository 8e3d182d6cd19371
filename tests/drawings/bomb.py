"""A small PNG that unpacks to an enormous picture."""

import zlib
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_BLACK_AND_WHITE: Final = bytes((1, 0, 0, 0, 0))
_RAW_DEFLATE: Final = -15
_ADLER_BASE: Final = 65_521
_ROWS_AT_ONCE: Final = 100


def black_png(side: int) -> bytes:
    """Build a valid black PNG of `side` by `side` pixels of one bit each; `side` is a multiple of 200.

    Nothing of the picture's size is ever in memory: after a full flush deflate looks back at nothing, so one
    compressed block of rows may be written again and again.
    """
    pixels = _zeros(blocks=side // _ROWS_AT_ONCE, block=_ROWS_AT_ONCE * (1 + side // 8))
    header = side.to_bytes(4) + side.to_bytes(4) + _BLACK_AND_WHITE
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _zeros(*, blocks: int, block: int) -> bytes:
    """Build a zlib stream of blocks of zero bytes. The checksum of n zeros is 1, and n modulo its base above."""
    press = zlib.compressobj(9, zlib.DEFLATED, _RAW_DEFLATE)
    packed = press.compress(bytes(block)) + press.flush(zlib.Z_FULL_FLUSH)
    checksum = (blocks * block % _ADLER_BASE << 16) | 1
    return b"\x78\xda" + packed * blocks + press.flush() + checksum.to_bytes(4)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
