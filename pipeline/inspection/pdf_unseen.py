from collections.abc import Sequence
from typing import Final

from PIL import Image

from pipeline.inspection.report import PageText, Word

_FLAT: Final = 16
"""A word's place whose pixels differ by less than this, of 255, has nothing on it that could be read."""

_SHARE: Final = 20
_MANY: Final = 10


def has_unseen_words(image: Image.Image, text: PageText) -> bool:
    """Whether words of the text layer have no ink on this page: one word in twenty, or ten in all.

    A scan with a text layer has its ink in the picture below. A few of its words may stand beside their place.
    """
    grey = image.convert("L")
    words = [word for word in text.words if any(char.isalnum() for char in word.text)]
    unseen = sum(1 for word in words if _is_blank(grey, word))
    return unseen >= _MANY or unseen * _SHARE > len(words)


def has_blank_fields(image: Image.Image, fields: Sequence[Word]) -> bool:
    """Whether a field that is filled in shows nothing: its appearance was never made."""
    grey = image.convert("L") if fields else image
    return any(_is_blank(grey, field) for field in fields)


def _is_blank(grey: Image.Image, word: Word) -> bool:
    """Whether the word's place is flat. A place outside the page is not: there was nothing to be shown."""
    box = (
        int(word.x0 * grey.width),
        int(word.y0 * grey.height),
        int(word.x1 * grey.width) + 1,
        int(word.y1 * grey.height) + 1,
    )
    if word.x1 <= word.x0 or word.y1 <= word.y0:
        return False
    darkest, lightest = grey.crop(box).getextrema()
    return bool(lightest - darkest < _FLAT)  # type: ignore[operator]  # of a grey picture these are two numbers
