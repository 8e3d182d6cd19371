"""Finds content of another kind inside a picture: an archive, a document, a web page, a script or a program.

Cameras and phones put much behind and beside a picture that is harmless: previews, depth maps, a second photo, a short
video, their own notes. So unknown bytes alone are no fault: only a structure that another program would open is one.
"""

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from pipeline.kernel.translatable import msgid

_ARCHIVE: Final = msgid("a ZIP archive")
_LOCAL_FILE: Final = b"PK\x03\x04"
_DIRECTORY_END: Final = b"PK\x05\x06"
_DIRECTORY_ENTRY_SIZE: Final = 46
_METHODS: Final = frozenset({0, *range(8, 21), *range(93, 100)})
_NEWEST_VERSION: Final = 63
_LONGEST_NAME: Final = 512
_UNKNOWN_SIZE: Final = 0xFFFFFFFF
_STREAMED: Final = 8
_MANY: Final = 100
"""A signature that occurs more often than this in honest bytes has never been seen, so it counts as the real thing."""

# Each begins with a byte of its own, which lets the search run at the speed of memory.
_SIGNS: Final = (
    (msgid("a PDF document"), re.compile(rb"%PDF-\d")),
    (msgid("an archive"), re.compile(rb"Rar!\x1a\x07")),
    (msgid("an archive"), re.compile(rb"7z\xbc\xaf\x27\x1c")),
    (msgid("a program"), re.compile(rb"\x7fELF[\x01\x02][\x01\x02]\x01")),
    (msgid("a program"), re.compile(rb"MZ\x90\x00\x03\x00\x00\x00")),
    (
        msgid("a program"),
        re.compile(rb"PE\x00\x00(?:\x4c\x01|\x64\x86|\x64\xaa|\xc4\x01).{18}\x0b[\x01\x02]", re.DOTALL),
    ),
    (msgid("a program"), re.compile(rb"\xce\xfa\xed\xfe[\x07\x0c]\x00\x00\x00")),
    (msgid("a program"), re.compile(rb"\xcf\xfa\xed\xfe[\x07\x0c]\x00\x00\x01")),
    (msgid("a program"), re.compile(rb"\xca\xfe\xba\xbe\x00\x00\x00[\x01-\x60]")),
    (msgid("a script"), re.compile(rb"#! ?/(?:usr/(?:local/)?)?bin/[a-z]")),
    (msgid("a script"), re.compile(rb"<(?:script[\s>/]|\?php\s)", re.IGNORECASE)),
    (msgid("a script"), re.compile(rb"<(?:svg|img|body)[\s/][^<>]{0,200}?\bon[a-z]{3,20}\s*=", re.IGNORECASE)),
    (msgid("a web page"), re.compile(rb"<(?:!doctype\s+html|html[\s>]|iframe[\s>])", re.IGNORECASE)),
)


def find_embedded_in(data: bytes, places: Iterable[tuple[int, int]]) -> str | None:
    """Name what other content there is in the first of these places (start and end) that has any."""
    return next(filter(None, (find_embedded(data, *place) for place in places)), None)


def find_embedded(data: bytes, start: int = 0, end: int | None = None) -> str | None:
    """Name what other content these bytes hold, for a sentence; None when there is nothing of the kind."""
    end = len(data) if end is None else end
    if _holds(data, _LOCAL_FILE, start, end, _is_local_file) or _holds(data, _DIRECTORY_END, start, end, _is_end):
        return _ARCHIVE
    return next((name for name, sign in _SIGNS if sign.search(data, start, end)), None)


def _holds(data: bytes, signature: bytes, start: int, end: int, fits: Callable[[bytes, int, int], bool]) -> bool:
    """Whether the signature stands here with fields after it that make sense."""
    return any(number >= _MANY or fits(data, at, end) for number, at in enumerate(_places(data, signature, start, end)))


def _places(data: bytes, signature: bytes, start: int, end: int) -> Iterator[int]:
    while (start := data.find(signature, start, end)) >= 0:
        yield start
        start += len(signature)


def _is_local_file(data: bytes, at: int, end: int) -> bool:
    """Whether this is a file's header in an archive (APPNOTE 4.3.7) and not four equal bytes of other data."""
    if end - at < struct.calcsize("<4s5H3I2H"):
        return False
    _, version, flags, method, _, _, _, packed, _, name_size, extra = struct.unpack_from("<4s5H3I2H", data, at)
    name = data[at + 30 : at + 30 + name_size]
    room = end - at - 30 - name_size - extra
    return (
        version & 0xFF <= _NEWEST_VERSION
        and method in _METHODS
        and 0 < name_size <= _LONGEST_NAME
        and min(name, default=0) >= ord(" ")
        and room >= 0
        and (packed <= room or packed == _UNKNOWN_SIZE or bool(flags & _STREAMED))
    )


def _is_end(data: bytes, at: int, end: int) -> bool:
    """Whether this is the end of an archive's directory (APPNOTE 4.3.16) and not four equal bytes of other data."""
    if end - at < struct.calcsize("<4s4H2IH"):
        return False
    _, disk, first_disk, here, entries, size, _, comment = struct.unpack_from("<4s4H2IH", data, at)
    fits = size == _UNKNOWN_SIZE or entries * _DIRECTORY_ENTRY_SIZE <= size <= at
    return bool(disk == first_disk and here == entries and fits and comment <= end - at - 22)
