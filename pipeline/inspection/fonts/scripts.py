"""Which font has the characters of which script. The ranges are those of Unicode's blocks."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from pipeline.inspection.fonts.packaged import CJK, LATIN


class Face(NamedTuple):
    """A font: the name of its file, and which of a collection it is."""

    file: str
    number: int = 0


JAPANESE: Final = Face(CJK, 0)
KOREAN: Final = Face(CJK, 1)
SIMPLIFIED: Final = Face(CJK, 2)
TRADITIONAL: Final = Face(CJK, 3)
_WIDE: Final = Face(LATIN)


def _noto(name: str) -> Face:
    return Face(f"NotoSans{name}[wght].ttf")


_RANGES: Final = (
    (0x0100, 0x052F, _WIDE),
    (0x0530, 0x058F, _noto("Armenian")),
    (0x0590, 0x05FF, _noto("Hebrew")),
    (0x0600, 0x077F, _noto("Arabic")),
    (0x08A0, 0x08FF, _noto("Arabic")),
    (0x0900, 0x097F, _noto("Devanagari")),
    (0x0980, 0x09FF, _noto("Bengali")),
    (0x0A00, 0x0A7F, _noto("Gurmukhi")),
    (0x0A80, 0x0AFF, _noto("Gujarati")),
    (0x0B00, 0x0B7F, _noto("Oriya")),
    (0x0B80, 0x0BFF, _noto("Tamil")),
    (0x0C00, 0x0C7F, _noto("Telugu")),
    (0x0C80, 0x0CFF, _noto("Kannada")),
    (0x0D00, 0x0D7F, _noto("Malayalam")),
    (0x0D80, 0x0DFF, _noto("Sinhala")),
    (0x0E00, 0x0E7F, _noto("Thai")),
    (0x0E80, 0x0EFF, _noto("Lao")),
    (0x1000, 0x109F, _noto("Myanmar")),
    (0x10A0, 0x10FF, _noto("Georgian")),
    (0x1100, 0x11FF, KOREAN),
    (0x1200, 0x139F, _noto("Ethiopic")),
    (0x1780, 0x17FF, _noto("Khmer")),
    (0x1E00, 0x1FFF, _WIDE),
    (0x20A0, 0x20CF, _WIDE),
    (0x2190, 0x2BFF, _noto("Symbols")),
    (0x2E80, 0x303F, SIMPLIFIED),
    (0x3040, 0x30FF, JAPANESE),
    (0x3100, 0x312F, TRADITIONAL),
    (0x3130, 0x318F, KOREAN),
    (0x3190, 0xA4CF, SIMPLIFIED),
    (0xAC00, 0xD7FF, KOREAN),
    (0xF900, 0xFAFF, SIMPLIFIED),
    (0xFB1D, 0xFB4F, _noto("Hebrew")),
    (0xFB50, 0xFDFF, _noto("Arabic")),
    (0xFE30, 0xFE4F, SIMPLIFIED),
    (0xFE70, 0xFEFE, _noto("Arabic")),
    (0xFF00, 0xFFEF, SIMPLIFIED),
    (0x20000, 0x3FFFF, SIMPLIFIED),
)
_STARTS: Final = [start for start, _, _ in _RANGES]
_CARRIED: Final = frozenset("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ")  # noqa: RUF001  # Windows-1252, which PDFium's own fonts have

OF_CHARSET: Final = {
    128: JAPANESE,
    129: KOREAN,
    134: SIMPLIFIED,
    136: TRADITIONAL,
    161: _WIDE,
    163: _WIDE,
    177: _noto("Hebrew"),
    178: _noto("Arabic"),
    204: _WIDE,
    222: _noto("Thai"),
    238: _WIDE,
}
"""By the numbers of Windows' character sets, by which PDFium asks."""


def faces_for(texts: Iterable[str], most: int) -> tuple[Face, ...]:
    """The fonts for the characters that PDFium's own fonts lack, the one for the most characters first; `most` of them at most.

    Han characters belong to the language whose own letters stand beside them.
    """
    counts = Counter(face for text in texts for face in map(_face, text) if face)
    for native in (JAPANESE, KOREAN, TRADITIONAL):
        if counts[native] and counts[SIMPLIFIED]:
            counts[native] += counts.pop(SIMPLIFIED)
    return tuple(face for face, count in counts.most_common(most) if count)


def _face(character: str) -> Face | None:
    code = ord(character)
    at = bisect_right(_STARTS, code) - 1
    if at < 0 or character in _CARRIED or code > _RANGES[at][1]:
        return None
    return _RANGES[at][2]
