import io
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import pikepdf
import pypdfium2

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in points."""

USUAL: Final[Box] = (0, 0, 612, 792)
"""The sheet that PDFium and other readers take for a page without a size."""

_SMALLEST: Final = 3
"""Points of a side; Acrobat shows none that are smaller."""

_LARGEST: Final = 1e6


def has_size(page: pypdfium2.PdfPage, side: int) -> bool:
    """Whether the page can be drawn as it says: each side of its picture, the longer one `side` pixels, has a pixel at least."""
    return _is_possible((0, 0, *page.get_size()), side) and all(
        box is None or _is_possible(box, side)
        for box in (page.get_mediabox(fallback_ok=False), page.get_cropbox(fallback_ok=False))
    )


def has_usual_size(page: pypdfium2.PdfPage) -> bool:
    """Whether the page has no sheet of its own and the usual size: one that it inherits, or one that PDFium makes up."""
    return page.get_mediabox(fallback_ok=False) is None and (0, 0, *page.get_size()) == USUAL


def pages_without_sheet(data: bytes, side: int) -> frozenset[int]:
    """Of the pages without a sheet of their own, counted among all from 0, those that inherit none that can be drawn.

    PDFium tells nothing of what is inherited, and qpdf gives a sheet to each page that has none: so a page that has one here has none.
    """
    with pikepdf.open(io.BytesIO(data), inherit_page_attributes=False) as pdf:
        sheets = enumerate(map(_box, _inherited(pdf.trailer.Root.Pages)))
        return frozenset(index for index, box in sheets if box is None or not _is_possible(box, side))


def _inherited(root: Any) -> Iterator[Any]:
    """What each page of the tree inherits for its MediaBox; None where it has one itself."""
    pending: list[tuple[Any, Any]] = [(root, None)]
    seen = set[tuple[int, int]]()
    while pending:
        node, above = pending.pop()
        if not isinstance(node, pikepdf.Dictionary) or node.objgen in seen:
            continue
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            seen.add(node.objgen)
            sheet = node.get("/MediaBox", above)
            pending += [(kid, sheet) for kid in reversed(list(kids))]
        else:
            yield None if "/MediaBox" in node else above


def _box(value: Any) -> Box | None:
    numbers = list(value) if isinstance(value, pikepdf.Array) else []
    if len(numbers) < len(USUAL) or not all(isinstance(each, (int, float, Decimal)) for each in numbers):
        return None
    left, bottom, right, top = map(float, numbers[: len(USUAL)])
    return left, bottom, right, top


def repair(page: pypdfium2.PdfPage, side: int) -> None:
    """Give the page the size of its sheet where only what is cropped from it is impossible, else a usual one. It has to be loaded anew."""
    sheet = page.get_mediabox(fallback_ok=True)
    box = sheet if sheet and _is_possible(sheet, side) else USUAL
    page.set_mediabox(*box)
    page.set_cropbox(*box)


def _is_possible(box: Box, side: int) -> bool:
    sides = abs(box[2] - box[0]), abs(box[3] - box[1])
    return all(math.isfinite(each) and _SMALLEST <= each <= _LARGEST for each in sides) and max(sides) < side * min(
        sides
    )
