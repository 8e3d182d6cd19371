"""What a page shows beside its contents: notes, drawings on top, and fields of a form."""

import ctypes
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.inspection.pdf_text import place_on
from pipeline.inspection.report import Word

MOST_NOTES: Final = 2000
"""Of one page that are looked at."""

_LONGEST: Final = 2000
_DRAWN: Final = frozenset(
    {
        pdfium.FPDF_ANNOT_FREETEXT,
        pdfium.FPDF_ANNOT_TEXT,
        pdfium.FPDF_ANNOT_HIGHLIGHT,
        pdfium.FPDF_ANNOT_UNDERLINE,
        pdfium.FPDF_ANNOT_STRIKEOUT,
        pdfium.FPDF_ANNOT_SQUIGGLY,
        pdfium.FPDF_ANNOT_SQUARE,
        pdfium.FPDF_ANNOT_CIRCLE,
        pdfium.FPDF_ANNOT_INK,
        pdfium.FPDF_ANNOT_WIDGET,
    }
)
"""PDFium draws these by itself where they have no appearance."""

_NOT_SHOWN: Final = frozenset({pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP})
_HIDDEN: Final = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
_LAST_OF_LATIN: Final = 0xFF


class Notes(NamedTuple):
    """Whether one may be missing from the picture, what those without an appearance say, and where a value must be seen."""

    missing: bool = False
    texts: tuple[str, ...] = ()
    filled: tuple[Word, ...] = ()


def read_notes(page: pypdfium2.PdfPage) -> Notes:
    """Look at a page's annotations. Only the holder of PDFium's lock may call this."""
    missing, texts, filled = False, list[str](), list[Word]()
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), MOST_NOTES)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if annotation:
            try:
                may_miss, text = _read(annotation)
                filled += _filled(page, annotation)
            finally:
                pdfium.FPDFPage_CloseAnnot(annotation)
            missing = missing or may_miss
            texts.append(text)
    return Notes(missing, tuple(filter(None, texts)), tuple(filled))


def _read(annotation: Any) -> tuple[bool, str]:
    """Whether it may be missing, and its text; neither for one that has an appearance or that is not shown."""
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    hidden = pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN
    if hidden or kind in _NOT_SHOWN or pdfium.FPDFAnnot_HasKey(annotation, b"AP"):
        return False, ""
    if kind == pdfium.FPDF_ANNOT_TEXT:
        return False, ""  # an icon stands for it, and its text is shown by a click
    text = _value(annotation, b"V" if kind == pdfium.FPDF_ANNOT_WIDGET else b"Contents")
    # PDFium writes only Latin letters into what it draws itself.
    return kind not in _DRAWN or any(ord(each) > _LAST_OF_LATIN for each in text), text


def _filled(page: pypdfium2.PdfPage, annotation: Any) -> Iterator[Word]:
    """The place of a field with a text in it."""
    if pdfium.FPDFAnnot_GetSubtype(annotation) != pdfium.FPDF_ANNOT_WIDGET:
        return
    box = pdfium.FS_RECTF()
    hidden = pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN
    text = _value(annotation, b"V").strip()
    if text and not hidden and pdfium.FPDFAnnot_GetRect(annotation, box):
        corners = (place_on(page, box.left, box.bottom), place_on(page, box.right, box.top))
        (x0, x1), (y0, y1) = (sorted(side) for side in zip(*corners, strict=True))
        yield Word(text[:1], x0, y0, x1, y1)


def _value(annotation: Any, key: bytes) -> str:
    if pdfium.FPDFAnnot_GetValueType(annotation, key) != pdfium.FPDF_OBJECT_STRING:
        return ""
    size = min(pdfium.FPDFAnnot_GetStringValue(annotation, key, None, 0), 2 * _LONGEST)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    pdfium.FPDFAnnot_GetStringValue(annotation, key, buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").partition("\0")[0]
