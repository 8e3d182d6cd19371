from dataclasses import dataclass
from typing import Final, NamedTuple

from pipeline.kernel.translatable import msgid

HEAD: Final = 1024
"""Bytes that are read for the type; PDF allows its signature anywhere in them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of file: its media type, None when unknown, and its name for a sentence."""

    media_type: str | None
    label: str


class Segment(NamedTuple):
    """A stretch of a JPEG: its marker, where it starts, and the place after its last byte."""

    marker: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """A picture's sides in pixels, 0 when unknown, and what its structure shows.

    `fault` is the code of the finding that the structure deserves, if any; `embedded` names content of another kind that
    the file carries. For a JPEG also the number of its colour components and its segments, first to last.
    """

    width: int = 0
    height: int = 0
    fault: str | None = None
    embedded: str | None = None
    components: int = 0
    segments: tuple[Segment, ...] = ()


JPEG: Final = Kind("image/jpeg", msgid("a JPEG picture"))
PNG: Final = Kind("image/png", msgid("a PNG picture"))
WEBP: Final = Kind("image/webp", msgid("a WebP picture"))
HEIC: Final = Kind("image/heic", msgid("a HEIC picture"))
PDF: Final = Kind("application/pdf", msgid("a PDF document"))
HTML: Final = Kind("text/html", msgid("a web page"))
SVG: Final = Kind("image/svg+xml", msgid("an SVG drawing"))
UNKNOWN: Final = Kind(None, msgid("a file of an unknown type"))
_PROGRAM: Final = Kind("application/x-executable", msgid("a program"))
_TIFF: Final = Kind("image/tiff", msgid("a TIFF picture"))
_SIGNATURES: Final = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"%PDF-", PDF),
    (b"GIF8", Kind("image/gif", msgid("a GIF picture"))),
    (b"II*\0", _TIFF),
    (b"MM\0*", _TIFF),
    (b"8BPS", Kind("image/vnd.adobe.photoshop", msgid("a Photoshop file"))),
    (b"\0\0\0\x0cjP  ", Kind("image/jp2", msgid("a JPEG 2000 picture"))),
    (b"PK\x03\x04", Kind("application/zip", msgid("a ZIP archive or an office document"))),
    (b"\x7fELF", _PROGRAM),
    (b"MZ", _PROGRAM),
    (b"BM", Kind("image/bmp", msgid("a BMP picture"))),
)
_AVIF: Final = Kind("image/avif", msgid("an AVIF picture"))
_BRANDS: Final = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1"), HEIC),
    **dict.fromkeys((b"avif", b"avis"), _AVIF),
}
_ANY_BRANDS: Final = frozenset({b"mif1", b"msf1"})
_MARKUP: Final = ((b"<!doctype html", HTML), (b"<html", HTML), (b"<script", HTML), (b"<svg", SVG), (b"<?xml", SVG))


def sniff(head: bytes) -> Kind:
    """The type of the file that begins with `head`. Names and declarations play no part."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return _sniff_boxes(head[:HEAD])
    return _sniff_text(head[:HEAD])


def _sniff_boxes(head: bytes) -> Kind:
    """By the first brand; where several codecs share it, by the brands that follow."""
    end = min(int.from_bytes(head[:4]), len(head))
    if head[8:12] in _ANY_BRANDS and any(_BRANDS.get(head[at : at + 4]) == _AVIF for at in range(16, end - 3, 4)):
        return _AVIF
    return _BRANDS.get(head[8:12], Kind("video/mp4", msgid("a video")))


def _sniff_text(head: bytes) -> Kind:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, kind in _MARKUP:
        if text.startswith(start):
            return kind if kind is HTML or b"<svg" in text else Kind("application/xml", msgid("an XML file"))
    return PDF if b"%PDF-" in head else UNKNOWN
