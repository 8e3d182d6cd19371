import ctypes
from collections.abc import Iterator
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.inspection.report import PageText, Word

MAX_PAGE_CHARACTERS: Final = 20_000
MAX_CHARACTERS: Final = 100_000
"""Of all pages together; a page of print has some three thousand."""

LONGEST_WORD: Final = 100
_GRID: Final = 1_000_000
_SURROGATES: Final = range(0xD800, 0xE000)


def read_words(page: pypdfium2.PdfPage, number: int, *, most: int) -> tuple[PageText, int]:
    """Read at most so many characters of this page; return its words and how many characters were read.

    PDFium is not thread-safe: only the one that holds its lock may call this.
    """
    width, height = page.get_size()
    text = page.get_textpage()
    try:
        count = min(text.count_chars(), most, MAX_PAGE_CHARACTERS)
        words = tuple(_word(page, *found) for found in _words(text, count))
    finally:
        text.close()
    return PageText(number, float(width), float(height), words), count


def _words(text: Any, count: int) -> Iterator[tuple[str, list[tuple[float, float, float, float]]]]:
    """Gather characters up to the next space, each with its box in points from the bottom left."""
    word, boxes = "", list[tuple[float, float, float, float]]()
    for index in range(count):
        shown = _character(pdfium.FPDFText_GetUnicode(text, index))
        if word and (not shown or len(word) == LONGEST_WORD):
            yield word, boxes
            word, boxes = "", []
        if shown and (box := _box(text, index)):
            word += shown
            boxes.append(box)
    if word:
        yield word, boxes


def _character(code: int) -> str:
    if code in _SURROGATES or not 0 < code <= 0x10FFFF:  # noqa: PLR2004  # Unicode ends here
        return ""
    return chr(code).strip() if chr(code).isprintable() else ""


def _box(text: Any, index: int) -> tuple[float, float, float, float] | None:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if not pdfium.FPDFText_GetCharBox(text, index, left, right, bottom, top):
        return None
    return left.value, bottom.value, right.value, top.value


def _word(page: pypdfium2.PdfPage, text: str, boxes: list[tuple[float, float, float, float]]) -> Word:
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    corners = [place_on(page, min(lefts), min(bottoms)), place_on(page, max(rights), max(tops))]
    (x0, x1), (y0, y1) = (sorted(side) for side in zip(*corners, strict=True))
    return Word(text, x0, y0, x1, y1)


def place_on(page: pypdfium2.PdfPage, x: float, y: float) -> tuple[float, float]:
    """Where a point of the page is once it is turned and cropped, as shares of its sides from the top left."""
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, x, y, across, down)
    return min(max(across.value / _GRID, 0.0), 1.0), min(max(down.value / _GRID, 0.0), 1.0)
