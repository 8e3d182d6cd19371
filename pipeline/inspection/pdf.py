import math
from dataclasses import replace
from threading import Lock
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from pipeline.inspection.findings import finding
from pipeline.inspection.pdf_scan import scan_pdf
from pipeline.inspection.pdf_text import MAX_CHARACTERS, read_words
from pipeline.inspection.renditions import encode
from pipeline.inspection.report import FileReport, PageText, Rendition
from pipeline.policy.files import FileLimits

_PROTECTED: Final = frozenset({pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY})
_CLOSED: Final = frozenset({"pdf_encrypted", "too_complex"})
"""With these a PDF is not opened further; one that is only unreadable may still turn out to be encrypted."""

_MAX_SCALE: Final = 8.0
"""Times 72 dots per inch: beyond it a tiny page shows nothing more."""

_PDFIUM: Final = Lock()
"""PDFium is not thread-safe: nothing of it is called, opened or closed outside this lock."""


def inspect_pdf(data: bytes, report: FileReport, limits: FileLimits) -> FileReport:
    """Complete the report on a PDF; if it is accepted, render each page large and the first also small, and read its text layer.

    A PDF that asks for a password to be opened is refused: a reviewer could not read it. One that only forbids printing
    or copying opens for everybody, as many statements that banks and authorities issue do, and is accepted.
    """
    scanned = report.with_findings(*scan_pdf(data))
    if any(found.code in _CLOSED for found in scanned.findings):
        return scanned
    with _PDFIUM:
        try:
            return _open(data, scanned, limits)
        except pypdfium2.PdfiumError as error:
            if error.err_code in _PROTECTED:
                return report.with_findings(finding("pdf_encrypted"))
        except Exception:  # noqa: BLE001, S110  # a renderer may raise anything, and each is a finding on the file
            pass
    readable = (found for found in scanned.findings if found.code != "pdf_unreadable")
    return replace(report, findings=(*readable, finding("pdf_unreadable")))


def _open(data: bytes, report: FileReport, limits: FileLimits) -> FileReport:
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()  # else what was filled into a form would be missing; this build runs no script
        report = replace(report, pages=len(document))
        if len(document) > limits.max_pages:
            report = report.with_findings(finding("pdf_too_many_pages", pages=len(document), limit=limits.max_pages))
        return _render(document, report, limits) if report.accepted else report


def _render(document: pypdfium2.PdfDocument, report: FileReport, limits: FileLimits) -> FileReport:
    renditions: list[Rendition] = []
    texts: list[PageText] = []
    left = MAX_CHARACTERS
    for number, page in enumerate(document, 1):
        image = _draw(page, limits.page_side)
        text, read = read_words(page, number, most=left)
        page.close()
        left -= read
        texts.append(text)
        renditions.append(encode(image, limits, page=number))
        if number == 1:
            renditions.append(encode(image, limits, purpose="small"))
    return replace(report, renditions=tuple(renditions), texts=tuple(texts))


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
