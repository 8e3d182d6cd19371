"""What a page shows beside its contents: notes, drawings on top, and fields of a form."""

import ctypes
from collections.abc import Callable, Iterator, Mapping
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
_TEXT_FIELDS: Final = frozenset({pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX})
_LAST_OF_LATIN: Final = 0xFF
_EMPTY: Final = 2
"""Bytes of no text at all, with its end."""


class Notes(NamedTuple):
    """Whether one may be missing from the picture, what those without an appearance say, and where a value must be seen."""

    missing: bool = False
    texts: tuple[str, ...] = ()
    filled: tuple[Word, ...] = ()


def read_values(page: pypdfium2.PdfPage) -> dict[int, str]:
    """The text in each field of this page, by the number of its annotation: a field may have it from the one above it.

    Only a page of a document whose form was opened knows. Only the holder of PDFium's lock may call this.
    """
    form, values = page.formenv, dict[int, str]()
    for index, annotation in _annotations(page) if form else ():
        if pdfium.FPDFAnnot_GetFormFieldType(form, annotation) in _TEXT_FIELDS:
            values[index] = _text(lambda *into, of=annotation: pdfium.FPDFAnnot_GetFormFieldValue(form, of, *into))
    return values


def read_notes(page: pypdfium2.PdfPage, values: Mapping[int, str]) -> Notes:
    """Look at a page's annotations; `values` as `read_values` gives them. Only the holder of PDFium's lock may call this."""
    missing, texts, filled = False, list[str](), list[Word]()
    for index, annotation in _annotations(page):
        value = values.get(index) or _value(annotation, b"V")
        may_miss, text = _read(annotation, value)
        filled += _filled(page, annotation, value)
        missing = missing or may_miss
        texts.append(text)
    return Notes(missing, tuple(filter(None, texts)), tuple(filled))


def _annotations(page: pypdfium2.PdfPage) -> Iterator[tuple[int, Any]]:
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), MOST_NOTES)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if annotation:
            try:
                yield index, annotation
            finally:
                pdfium.FPDFPage_CloseAnnot(annotation)


def _read(annotation: Any, value: str) -> tuple[bool, str]:
    """Whether it may be missing, and its text; neither for one that has an appearance or that is not shown."""
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    hidden = pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN
    if hidden or kind in _NOT_SHOWN or kind == pdfium.FPDF_ANNOT_TEXT:
        return False, ""  # of a sticky note there is an icon, and its text is shown by a click
    if pdfium.FPDFAnnot_HasKey(annotation, b"AP"):
        return kind != pdfium.FPDF_ANNOT_WIDGET and not _has_appearance(annotation), ""
    text = value if kind == pdfium.FPDF_ANNOT_WIDGET else _value(annotation, b"Contents")
    # PDFium writes only Latin letters into what it draws itself.
    return kind not in _DRAWN or any(ord(each) > _LAST_OF_LATIN for each in text), text


def _has_appearance(annotation: Any) -> bool:
    """Whether its usual appearance has anything in it: an empty one is as good as none."""
    size = pdfium.FPDFAnnot_GetAP(annotation, pdfium.FPDF_ANNOT_APPEARANCEMODE_NORMAL, None, 0)
    return bool(size > _EMPTY)


def _filled(page: pypdfium2.PdfPage, annotation: Any, value: str) -> Iterator[Word]:
    """The place of a field with a text in it."""
    if pdfium.FPDFAnnot_GetSubtype(annotation) != pdfium.FPDF_ANNOT_WIDGET:
        return
    box = pdfium.FS_RECTF()
    hidden = pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN
    text = value.strip()
    if text and not hidden and pdfium.FPDFAnnot_GetRect(annotation, box):
        corners = (place_on(page, box.left, box.bottom), place_on(page, box.right, box.top))
        (x0, x1), (y0, y1) = (sorted(side) for side in zip(*corners, strict=True))
        yield Word(text[:1], x0, y0, x1, y1)


def _value(annotation: Any, key: bytes) -> str:
    if pdfium.FPDFAnnot_GetValueType(annotation, key) != pdfium.FPDF_OBJECT_STRING:
        return ""
    return _text(lambda *into: pdfium.FPDFAnnot_GetStringValue(annotation, key, *into))


def _text(read: Callable[[Any, int], int]) -> str:
    """What PDFium writes into a buffer of so many bytes, without one it says how many it needs."""
    size = min(read(None, 0), 2 * _LONGEST)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    read(buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").partition("\0")[0]
