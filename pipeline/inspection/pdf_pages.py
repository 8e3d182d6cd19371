import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from pipeline.inspection.fonts.mapper import watching
from pipeline.inspection.fonts.scripts import Face, faces_for
from pipeline.inspection.pdf_boxes import has_size, has_usual_size, pages_without_sheet, repair
from pipeline.inspection.pdf_notes import Notes, read_notes, read_values
from pipeline.inspection.pdf_text import read_words
from pipeline.inspection.report import PageText

_MAX_SCALE: Final = 8.0
"""Times 72 dots per inch: beyond it a tiny page shows nothing more."""

_MOST_FACES: Final = 3


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page as a picture, its words and how many characters were read for them, its notes, and whether its size was made up."""

    image: Image.Image
    text: PageText
    read: int
    notes: Notes
    resized: bool


class Pages:
    """The pages of a PDF, each drawn once, and once more for each script whose characters its fonts lack.

    PDFium takes one font for all that a font lacks. So the document is opened again for each other one, and the darker pixels are kept.
    Only the holder of PDFium's lock may use this.
    """

    def __init__(self, data: bytes, side: int) -> None:
        """`side` is that of the pictures, in pixels. Raises PdfiumError where the document cannot be opened."""
        self._data = data
        self._side = side
        self._documents: dict[Face | None, pypdfium2.PdfDocument] = {}
        self._plain: pypdfium2.PdfDocument | None = None
        self._sheetless: frozenset[int] | None = None
        self._lacks = False
        self._count = len(self._document(None))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (*self._documents.values(), self._plain):
            if each is not None:
                each.close()

    def __len__(self) -> int:
        return self._count

    def draw(self, index: int, *, most: int) -> DrawnPage:
        """Draw this page, counted from 0, and read at most so many characters of it. Raises what PDFium's binding raises."""
        with self._page(index, None) as (page, resized):
            image = self._drawn(page, None)
            text, read = read_words(page, index + 1, most=most)
            annotated = pdfium.FPDFPage_GetAnnotCount(page) > 0
            values = read_values(page)
        notes = self._notes(index, values) if annotated else Notes()
        if self._lacks:
            for face in faces_for([*(word.text for word in text.words), *notes.texts], _MOST_FACES):
                with self._page(index, face) as (page, _):
                    image = ImageChops.darker(image, self._drawn(page, face))
        return DrawnPage(image, text, read, notes, resized)

    def _notes(self, index: int, values: Mapping[int, str]) -> Notes:
        """Read them from a document of their own: where forms are drawn, PDFium writes appearances into what has none."""
        if self._plain is None:
            self._plain = pypdfium2.PdfDocument(self._data)
        with watching(None):
            page = self._plain[index]
            try:
                return read_notes(page, values)
            finally:
                page.close()

    def _document(self, face: Face | None) -> pypdfium2.PdfDocument:
        if face not in self._documents:
            document = self._documents[face] = pypdfium2.PdfDocument(self._data)
            document.init_forms()  # else what was filled into a form would be missing; this build runs no script
        return self._documents[face]

    @contextmanager
    def _page(self, index: int, face: Face | None) -> Iterator[tuple[pypdfium2.PdfPage, bool]]:
        """The page, and whether it was given a size. While it is loaded its own fonts are looked for, and nothing stands in for them."""
        with watching(None):
            page = self._document(face)[index]
            resized = not self._has_size(page, index)
            if resized:
                repair(page, self._side)
                page.close()
                page = self._document(face)[index]
        try:
            yield page, resized
        finally:
            page.close()

    def _has_size(self, page: pypdfium2.PdfPage, index: int) -> bool:
        if not has_size(page, self._side):
            return False
        if not has_usual_size(page):
            return True
        if self._sheetless is None:
            self._sheetless = pages_without_sheet(self._data, self._side)
        return index not in self._sheetless

    def _drawn(self, page: pypdfium2.PdfPage, face: Face | None) -> Image.Image:
        """Render the page, its longer side as long as asked. Raises ValueError for a page that has no size."""
        longer = max(page.get_size())
        if not (math.isfinite(longer) and longer > 0):
            raise ValueError("a page without a size")
        # A hair less, since a side is rounded up: a page must not come out one pixel longer than asked.
        scale = min(self._side / longer, _MAX_SCALE) * (1 - 1e-6)
        with watching(face) as fonts:
            bitmap = page.render(scale=scale, rev_byteorder=True)
        self._lacks = self._lacks or fonts.looked
        image: Image.Image = bitmap.to_pil().convert("RGB").copy()
        bitmap.close()
        return image
