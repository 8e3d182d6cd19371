from dataclasses import replace
from threading import Lock
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.inspection.findings import Finding, finding
from pipeline.inspection.pdf_pages import DrawnPage, Pages
from pipeline.inspection.pdf_scan import scan_pdf
from pipeline.inspection.pdf_text import MAX_CHARACTERS
from pipeline.inspection.pdf_unseen import has_blank_fields, has_unseen_words
from pipeline.inspection.renditions import encode
from pipeline.inspection.report import FileReport, PageText, Rendition
from pipeline.policy.files import FileLimits

_PROTECTED: Final = frozenset({pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY})
_CLOSED: Final = frozenset({"pdf_encrypted", "too_complex"})
"""With these a PDF is not opened further; one that is only unreadable may still turn out to be encrypted."""

_MOST_PAGES_NAMED: Final = 10

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
    unreadable = any(found.code == "pdf_unreadable" for found in scanned.findings)
    with _PDFIUM:
        try:
            opened = _open(data, scanned, limits)
        except pypdfium2.PdfiumError as error:
            if error.err_code in _PROTECTED:
                return report.with_findings(finding("pdf_encrypted"))
        except Exception:  # noqa: BLE001, S110  # a renderer may raise anything, and each is a finding on the file
            pass
        else:
            return _ended_by(opened, "pdf_inconsistent") if unreadable else opened
    return _ended_by(scanned, "pdf_unreadable" if unreadable else "pdf_inconsistent")


def _ended_by(report: FileReport, code: str) -> FileReport:
    """The same report, which says by this code that the PDF cannot be read: by no program, or not by each."""
    others = (found for found in report.findings if found.code != "pdf_unreadable")
    return replace(report, findings=(*others, finding(code)))


def _open(data: bytes, report: FileReport, limits: FileLimits) -> FileReport:
    with Pages(data, limits.page_side) as pages:
        report = replace(report, pages=len(pages))
        if len(pages) > limits.max_pages:
            report = report.with_findings(finding("pdf_too_many_pages", pages=len(pages), limit=limits.max_pages))
        return _render(pages, report, limits) if report.accepted else report


def _render(pages: Pages, report: FileReport, limits: FileLimits) -> FileReport:
    renditions: list[Rendition] = []
    texts: list[PageText] = []
    odd: dict[str, list[str]] = {}
    left = MAX_CHARACTERS
    for number in range(1, len(pages) + 1):
        page = pages.draw(number - 1, most=left)
        left -= page.read
        texts.append(page.text)
        for code in _warnings(page):
            odd.setdefault(code, []).append(str(number))
        renditions.append(encode(page.image, limits, page=number))
        if number == 1:
            renditions.append(encode(page.image, limits, purpose="small"))
    report = replace(report, renditions=tuple(renditions), texts=tuple(texts))
    return report.with_findings(*(_named(code, numbers) for code, numbers in odd.items()))


def _warnings(page: DrawnPage) -> list[str]:
    """The codes of what a reviewer should know of this page."""
    found = {
        "page_without_size": page.resized,
        "missing_appearance": page.notes.missing or has_blank_fields(page.image, page.notes.filled),
        "unseen_text": has_unseen_words(page.image, page.text),
    }
    return [code for code, there in found.items() if there]


def _named(code: str, numbers: list[str]) -> Finding:
    return finding(code, pages=numbers[:_MOST_PAGES_NAMED])
