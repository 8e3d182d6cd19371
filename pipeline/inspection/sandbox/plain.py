import struct
from typing import Final

_START: Final = b"\xff\xd8"
_END: Final = b"\xff\xd9"
_SCAN: Final = 0xDA
_FRAMES: Final = frozenset({0xC0, 0xC2})
_KNOWN: Final = frozenset({0xC0, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xE0})
_PREFIX: Final = 0xFF
_APP0: Final = 0xE0
_JFIF: Final = b"JFIF\0"


class NotPlain(ValueError):
    """There is something in the picture that we do not write."""


def plain_jpeg_size(body: bytes) -> tuple[int, int]:
    """The width and height of this JPEG. Raises NotPlain unless it holds what makes up its pixels, and no more."""
    if not body.startswith(_START) or body.find(_END) != len(body) - len(_END):
        raise NotPlain("it does not begin and end as a JPEG does")
    try:
        return _read_segments(body)
    except (struct.error, IndexError) as error:
        raise NotPlain("it ends within its header") from error


def _read_segments(body: bytes) -> tuple[int, int]:
    at, marker = len(_START), 0
    size: tuple[int, int] | None = None
    while marker != _SCAN:
        prefix, marker, length = struct.unpack_from(">BBH", body, at)
        if prefix != _PREFIX or marker not in _KNOWN or (marker == _APP0 and body[at + 4 : at + 9] != _JFIF):
            raise NotPlain(f"it has a segment {prefix:02x}{marker:02x}")
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", body, at + 5)
            size = width, height
        at += 2 + length
    if size is None:
        raise NotPlain("it has no frame")
    return size
