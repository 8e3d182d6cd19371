"""Looks into a PDF: whether it is safe, how many pages it has, what each looks like and what is written on it."""

import math
from threading import Lock
from typing import TYPE_CHECKING, Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from pipeline.inspection.findings import Finding, finding
from pipeline.inspection.pdf_scan import scan_pdf
from pipeline.inspection.pdf_text import MAX_CHARACTERS, read_words
from pipeline.inspection.renditions import Contents, encode
from pipeline.inspection.rules import FileRules, verdict
from pipeline.inspection.texts import PageText

if TYPE_CHECKING:
    from pipeline.inspection.report import Rendition

_PROTECTED: Final = frozenset({pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY})
_CLOSED: Final = frozenset({"pdf_encrypted", "too_complex"})
"""With these a PDF is not opened further; one that is only unreadable may still turn out to be encrypted."""

_MAX_SCALE: Final = 8.0
"""Times 72 dots per inch: beyond it a tiny page shows nothing more."""

_PDFIUM: Final = Lock()
"""PDFium is not thread-safe: nothing of it is called, opened or closed outside this lock."""


def inspect_pdf(data: bytes, rules: FileRules) -> Contents:
    """Inspect a PDF; if it is accepted, render each page large and the first also small, and read its text layer.

    A PDF that asks for a password to be opened is refused: a reviewer could not read it. One that only forbids printing
    or copying opens for everybody, as many statements that banks and authorities issue do, and is accepted.
    """
    findings = scan_pdf(data)
    if any(found.code in _CLOSED for found in findings):
        return Contents(findings=findings)
    with _PDFIUM:
        try:
            return _look(data, rules, findings)
        except pypdfium2.PdfiumError as error:
            if error.err_code in _PROTECTED:
                return Contents(findings=[finding("pdf_encrypted")])
        except Exception:  # noqa: BLE001, S110  # a renderer may raise anything, and each is a finding on the file
            pass
    readable = [found for found in findings if found.code != "pdf_unreadable"]
    return Contents(findings=[*readable, finding("pdf_unreadable")])


def _look(data: bytes, rules: FileRules, findings: list[Finding]) -> Contents:
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()  # else what was filled into a form would be missing; this build runs no script
        pages = len(document)
        if pages > rules.max_pages:
            findings = [*findings, finding("pdf_too_many_pages", pages=pages, limit=rules.max_pages)]
        if not verdict(findings):
            return Contents(pages=pages, findings=findings)
        return _render(document, pages, rules)


def _render(document: pypdfium2.PdfDocument, pages: int, rules: FileRules) -> Contents:
    renditions: list[Rendition] = []
    texts = list[PageText]()
    left = MAX_CHARACTERS
    for index in range(pages):
        page = document[index]
        image = _draw(page, rules.page_side)
        text, seen = read_words(page, index + 1, most=left)
        page.close()
        left -= seen
        texts.append(text)
        renditions.append(encode(image, rules, page=index + 1))
        if index == 0:
            renditions.append(encode(image, rules, purpose="small"))
    return Contents(pages=pages, renditions=renditions, texts=texts)


def _draw(page: pypdfium2.PdfPage, side: int) -> Image.Image:
    """Render the page, its longer side `side` pixels. Raises ValueError for a page that has no size."""
    longer = max(page.get_size())
    if not (math.isfinite(longer) and longer > 0):
        raise ValueError("a page without a size")
    # A hair less, since a side is rounded up: a page must not come out one pixel longer than asked.
    scale = min(side / longer, _MAX_SCALE) * (1 - 1e-6)
    bitmap = page.render(scale=scale, rev_byteorder=True)
    image: Image.Image = bitmap.to_pil().convert("RGB").copy()
    bitmap.close()
    return image
