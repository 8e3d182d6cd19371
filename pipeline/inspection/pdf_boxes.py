import math
from typing import Final

import pypdfium2

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in points."""

USUAL: Final[Box] = (0, 0, 612, 792)
"""The sheet that PDFium and other readers take for a page without a size."""

_LARGEST: Final = 1e6


def has_size(page: pypdfium2.PdfPage, side: int) -> bool:
    """Whether the page can be drawn as it says: each side of its picture, the longer one `side` pixels, has a pixel at least."""
    return _is_possible((0, 0, *page.get_size()), side) and all(
        box is None or _is_possible(box, side)
        for box in (page.get_mediabox(fallback_ok=False), page.get_cropbox(fallback_ok=False))
    )


def repair(page: pypdfium2.PdfPage, side: int) -> None:
    """Give the page the size of its sheet where only what is cropped from it is impossible, else a usual one. It has to be loaded anew."""
    sheet = page.get_mediabox(fallback_ok=True)
    box = sheet if sheet and _is_possible(sheet, side) else USUAL
    page.set_mediabox(*box)
    page.set_cropbox(*box)


def _is_possible(box: Box, side: int) -> bool:
    sides = abs(box[2] - box[0]), abs(box[3] - box[1])
    return all(math.isfinite(each) and 0 < each <= _LARGEST for each in sides) and max(sides) < side * min(sides)
