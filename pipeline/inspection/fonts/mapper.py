"""Answers PDFium when it looks for a font of the system: with one of the packaged fonts, which are in memory already.

A confined child can open no file, so the fonts are mapped when this module is imported, and shared by all children.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, memmove
from typing import Any, Final, NamedTuple

import numpy as np
import pypdfium2.raw as pdfium

from pipeline.inspection.fonts.packaged import find_fonts
from pipeline.inspection.fonts.scripts import OF_CHARSET, Face

_COLLECTION: Final = b"ttcf"
_WHOLE_COLLECTION: Final = int.from_bytes(_COLLECTION)
_WHOLE_FONT: Final = 0
_CALLBACKS: Final = dict(pdfium.FPDF_SYSFONTINFO._fields_)


class _Font(NamedTuple):
    """A font in memory: its name, the address and the size of its file, and where it begins in a collection; 0 in a file of its own."""

    name: bytes
    address: int
    size: int
    start: int


class _State:
    """Which font stands in for characters that are missing, and whether PDFium looked for one. PDFium's lock guards it."""

    instead: int = 0
    looked: bool = False


_state: Final = _State()


@contextmanager
def watching(instead: Face | None) -> Iterator[_State]:
    """While a page is drawn: give `instead` for what the document's and PDFium's own fonts lack, and note whether PDFium asks."""
    _state.instead, _state.looked = _HANDLES.get(instead, 0) if instead else 0, False
    try:
        yield _state
    finally:
        _state.instead = 0


def _loaded() -> dict[Face, _Font]:
    fonts: dict[Face, _Font] = {}
    for name, path in find_fonts().items():
        body = np.memmap(path, mode="r")
        starts = [0]
        if bytes(body[:4]) == _COLLECTION:
            (count,) = struct.unpack(">I", bytes(body[8:12]))
            starts = list(struct.unpack(f">{count}I", bytes(body[12 : 12 + 4 * count])))
        for index, start in enumerate(starts):
            fonts[Face(name, index)] = _Font(f"{name}-{index}".encode(), body.ctypes.data, body.size, start)
        _FILES.append(body)
    return fonts


_FILES: Final[list[Any]] = []
_FONTS: Final = _loaded()
_BY_HANDLE: Final = dict(enumerate(_FONTS.values(), 1))
_HANDLES: Final = {face: handle for handle, face in enumerate(_FONTS, 1)}


def _map_font(_: Any, weight: int, italic: int, charset: int, pitch: int, face: Any, exact: Any) -> int:  # noqa: ARG001
    """A handle by the character set; for plain Latin 0, by which PDFium takes its own font, or what stands in just now."""
    _state.looked = True
    wanted = OF_CHARSET.get(charset)
    return _HANDLES.get(wanted, 0) if wanted else _state.instead


def _get_data(_: Any, handle: int | None, table: int, buffer: Any, size: int) -> int:
    """Copy the whole file. Of a collection PDFium learns which font is meant by how many bytes are left from its beginning."""
    font = _BY_HANDLE.get(handle or 0)
    if font is None or table not in {_WHOLE_COLLECTION, _WHOLE_FONT} or (table and not font.start):
        return 0
    if buffer and size:
        memmove(buffer, font.address, min(size, font.size))
    return font.size if table else font.size - font.start


def _get_name(_: Any, handle: int | None, buffer: Any, size: int) -> int:
    font = _BY_HANDLE.get(handle or 0)
    name = font.name + b"\0" if font else b""
    if name and buffer and size >= len(name):
        memmove(buffer, name, len(name))
    return len(name)


def _installed() -> Any:
    info = pdfium.FPDF_SYSFONTINFO(version=1)
    for name, function in (
        ("MapFont", _map_font),
        ("GetFont", lambda *_: 0),
        ("GetFontData", _get_data),
        ("GetFaceName", _get_name),
        ("GetFontCharset", lambda *_: 0),
        ("DeleteFont", lambda *_: None),
    ):
        setattr(info, name, _CALLBACKS[name](function))
    pdfium.FPDF_SetSystemFontInfo(byref(info))
    return info


_INSTALLED: Final = _installed()
"""PDFium keeps the address, so it stays alive."""
