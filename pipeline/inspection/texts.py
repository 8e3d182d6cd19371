"""The words of a document's text layer and where on the page they stand."""

from dataclasses import dataclass
from typing import NamedTuple


class Word(NamedTuple):
    """A word and its box. Sides are shares of the page as it is shown, 0 to 1, counted from its top left corner."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class PageText:
    """The words of one page, in the order of the file. `page` counts from 1; sides in points, as the page is shown."""

    page: int
    width: float
    height: float
    words: tuple[Word, ...] = ()
