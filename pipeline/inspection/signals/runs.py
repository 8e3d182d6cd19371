from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Final, NamedTuple

from pipeline.inspection.report import PageText, Word
from pipeline.inspection.signals.words import plain

_TIGHT: Final = 0.6
_LOOSE: Final = 2.0
_UNSPACED: Final = 0x2E80
"""From here on Unicode has the scripts that are written without spaces between words."""


class Run(NamedTuple):
    """Neighbouring words, at least one."""

    words: tuple[Word, ...]

    @property
    def written(self) -> str:
        """The words as they stand there."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> list[float]:
        """The box around all of them: x0, y0, x1, y1 in shares of the page."""
        x0, y0 = min(word.x0 for word in self.words), min(word.y0 for word in self.words)
        x1, y1 = max(word.x1 for word in self.words), max(word.y1 for word in self.words)
        return [round(side, 4) for side in (x0, y0, x1, y1)]


def runs(text: PageText, longest: int, *, tight: bool = False) -> Iterator[Run]:
    """Every run of up to `longest` words of one line, in the order of the file, of those that begin together the longer first.

    The gap between two words is at most twice their height, and if `tight` about half of it, as within a number.
    """
    gap = _TIGHT if tight else _LOOSE
    for start in range(len(text.words)):
        line = _line(text, start, longest, gap)
        for length in range(len(line), 0, -1):
            yield Run(tuple(line[:length]))


def spread(text: PageText, spelling: str) -> Iterator[Run]:
    """Every place where the words, run together and made plain, read `spelling`; it begins and ends with whole words."""
    plains = [plain(word.text) for word in text.words]
    ends = list(accumulate(len(each) for each in plains))
    whole, borders = "".join(plains), {0, *ends}
    at = whole.find(spelling)
    while at >= 0:
        end = at + len(spelling)
        if (at in borders or ord(spelling[0]) >= _UNSPACED) and (end in borders or ord(spelling[-1]) >= _UNSPACED):
            first, last = bisect_right(ends, at), bisect_right(ends, end - 1)
            yield Run(text.words[first : last + 1])
        at = whole.find(spelling, at + 1)


def _line(text: PageText, start: int, longest: int, gap: float) -> list[Word]:
    line = [text.words[start]]
    for word in text.words[start + 1 : start + longest]:
        if not _adjoin(line[-1], word, text, gap):
            break
        line.append(word)
    return line


def _adjoin(left: Word, right: Word, text: PageText, gap: float) -> bool:
    """Whether two words stand on one line, beside each other."""
    _, x0, y0, x1, y1 = left
    _, next_x0, next_y0, _, next_y1 = right
    height = max(y1 - y0, next_y1 - next_y0) * text.height
    middle = (next_y0 + next_y1) / 2
    return y0 < middle < y1 and next_x0 >= x0 and (next_x0 - x1) * text.width <= gap * height
