"""Pictures and pages for the tests of signals."""

import io
from functools import cache
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps

from pipeline.inspection.report import PageText, Rendition, Word

PHOTOS = Path(__file__).parents[1] / "drawings/photos"


def picture(body: bytes) -> Image.Image:
    """These bytes as upright RGB pixels, at most 512 a side."""
    with Image.open(io.BytesIO(body)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((512, 512))
    return upright


def photo(name: str) -> Image.Image:
    """One of the demo's photographs, to do with as one likes."""
    return _photo(name).copy()


@cache
def _photo(name: str) -> Image.Image:
    return picture((PHOTOS / f"{name}.jpg").read_bytes())


def encoded(image: Image.Image, quality: int = 88) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def texts_of(body: bytes) -> tuple[PageText, ...]:
    """The words of a PDF, as its text layer gives them character by character."""
    with pypdfium2.PdfDocument(body) as document:
        return tuple(_page(document[index], index + 1) for index in range(len(document)))


def _page(page: pypdfium2.PdfPage, number: int) -> PageText:
    width, height = page.get_size()
    layer = page.get_textpage()
    chars = [(layer.get_text_range(at, 1), layer.get_charbox(at)) for at in range(layer.count_chars())]
    layer.close()
    page.close()
    words: list[Word] = []
    open_word = False
    for char, (left, bottom, right, top) in chars:
        if char.isspace() or not char:
            open_word = False
            continue
        box = (left / width, 1 - top / height, right / width, 1 - bottom / height)
        words.append(_joined(words.pop(), Word(char, *box)) if open_word else Word(char, *box))
        open_word = True
    return PageText(number, width, height, tuple(words))


def _joined(word: Word, more: Word) -> Word:
    low = (min(word.x0, more.x0), min(word.y0, more.y0))
    return Word(word.text + more.text, *low, max(word.x1, more.x1), max(word.y1, more.y1))


def as_rendition(body: bytes) -> Rendition:
    """A screenshot of its own size, as a large rendition."""
    with Image.open(io.BytesIO(body)) as image:
        return Rendition("large", 1, "image/jpeg", *image.size, encoded(image.convert("RGB"), 90), "")


def page(*lines: str, number: int = 1) -> PageText:
    """A page of A4 in letters 10 points high and 5 wide, a line every 20 points."""
    words = []
    for row, line in enumerate(lines):
        column = 0
        for word in line.split(" "):
            box = (column * 5 / 595, row * 20 / 842, (column + len(word)) * 5 / 595, (row * 20 + 10) / 842)
            words.append(Word(word, *box))
            column += len(word) + 1
    return PageText(number, 595, 842, tuple(words))
