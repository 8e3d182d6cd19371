import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from pipeline.inspection.embedded_content import find_embedded
from pipeline.inspection.findings import Fault
from pipeline.inspection.sniff import Header

MAX_CHUNKS: Final = 50_000
LARGEST_UNPACKED: Final = 1024 * 1024
"""Of a colour profile. One that is larger is left out, as a text is."""

_MAX_TEXT: Final = 65_536
_SIGNATURE: Final = 8
_HEADER: Final = b"IHDR"
_HEADER_BYTES: Final = 13
_APPLE: Final = b"CgBI"
_PROFILE: Final = b"iCCP"
_PIXELS: Final = frozenset({b"IDAT", b"fdAT", b"PLTE"})
_USED: Final = frozenset({_PROFILE, b"tRNS", b"eXIf", b"acTL", b"fcTL", b"fdAT"})
"""Of what a picture can do without: its transparency, profile, orientation, and whether it moves. Nothing else is given to a decoder."""


class Chunk(NamedTuple):
    """A chunk: its name, where it and its content begin and end, and whether its checksum is right."""

    name: bytes
    start: int
    end: int
    is_sound: bool

    @property
    def is_needed(self) -> bool:
        """Whether the picture cannot be read without it, by its name."""
        return self.name[:1].isupper()

    @property
    def content(self) -> slice:
        """Where its content is."""
        return slice(self.start + 8, self.end - 4)


def read_png(data: bytes) -> Header:
    """Step through the chunks. A wrong checksum is damage in a chunk that is needed, and only there, as browsers hold it too."""
    embedded, fault, end = None, "", 0
    width = height = 0
    try:
        for number, chunk in enumerate(png_chunks(data), 1):
            if number == 1 or chunk.name in {_APPLE, _HEADER}:
                width, height = _sides(data, chunk, first=number == 1)
            if chunk.is_needed and not chunk.is_sound:
                fault = "corrupt_image"
            embedded, end = embedded or _embedded(data, chunk), chunk.end
    except Fault as found:
        return Header(width, height, str(found), embedded)
    return Header(width, height, fault or None, embedded or find_embedded(data, end))


def png_chunks(data: bytes) -> Iterator[Chunk]:
    """Each chunk up to the end's. Raises Fault where the data ends before, or where there are too many."""
    at, name, count = _SIGNATURE, b"", 0
    while name != b"IEND":
        if at + 8 > len(data):
            raise Fault("truncated_image")
        if count == MAX_CHUNKS:
            raise Fault("too_complex")
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise Fault("truncated_image")
        checksum = int.from_bytes(data[end - 4 : end])
        yield Chunk(name, at, end, zlib.crc32(memoryview(data)[at + 4 : end - 4]) == checksum)
        at, count = end, count + 1


def without_notes(data: bytes) -> tuple[bytes, bool]:
    """The PNG with what shows in the picture alone, and whether a colour profile had to be left out.

    Texts, and all that is broken and not needed, go unread: nothing of them could be shown, and a decoder would unpack them.
    """
    kept, lost = [data[:_SIGNATURE]], False
    for chunk in png_chunks(data):
        if chunk.is_needed or (chunk.is_sound and chunk.name in _USED and not _is_too_large(data, chunk)):
            kept.append(data[chunk.start : chunk.end])
        else:
            lost = lost or chunk.name == _PROFILE
    return b"".join(kept), lost


def _sides(data: bytes, chunk: Chunk, *, first: bool) -> tuple[int, int]:
    """The sides by the header, which comes first and once. Apple's programs put a chunk of their own before it, and change the pixels."""
    if chunk.name == _APPLE:
        raise Fault("unsupported_png_variant")
    body = data[chunk.content]
    if not first or chunk.name != _HEADER or len(body) != _HEADER_BYTES:
        raise Fault("corrupt_image")
    width, height = struct.unpack_from(">II", body)
    return width, height


def _is_too_large(data: bytes, chunk: Chunk) -> bool:
    """Whether this is a profile that unpacks to more than is allowed, or not at all."""
    if chunk.name != _PROFILE:
        return False
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(data[chunk.content].partition(b"\0")[2][1:], LARGEST_UNPACKED)
    except zlib.error:
        return True
    return not unpacking.eof


def _embedded(data: bytes, chunk: Chunk) -> str | None:
    """Name what is embedded in a chunk that holds no pixels; of a packed text its first 64 KiB are unpacked."""
    if chunk.name in _PIXELS:
        return None
    if chunk.name == b"zTXt":
        text = data[chunk.content].partition(b"\0")[2][1:]
        try:
            return find_embedded(zlib.decompressobj().decompress(text, _MAX_TEXT))
        except zlib.error:
            return None
    return find_embedded(data, chunk.start + 8, chunk.end - 4)
