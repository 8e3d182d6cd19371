import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Final

from pipeline.inspection.signals.words import plain

_SEPARATOR: Final = r"[-/. ]{1,2}"
_NUMERIC: Final = re.compile(rf"(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{4}}|\d{{2}})")
_YEAR_FIRST: Final = re.compile(rf"(\d{{4}})(?:{_SEPARATOR}|年)(\d{{1,2}})(?:{_SEPARATOR}|月)(\d{{1,2}})日?")
_PACKED: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_NAMED: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.|º|er)?[-/ ]?(?:de |of )?([^\W\d_]{3,10})\.?[-/, ]{0,2}(?:de |del )?(\d{4}|\d{2})"
)
_NAMED_DAY: Final = re.compile(r"([^\W\d_]{3,10})\.?[- ]?(\d{1,2})(?:st|nd|rd|th)?[,-]? ?(\d{4})")
_LONGEST: Final = 40
_CENTURY: Final = 2000
_TWO_DIGITS: Final = 100

# By the first letters that are each month's own: English, German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian.
_MONTHS: Final = (
    ("jan", "ene", "gen"),
    ("feb", "fev"),
    ("mar", "mrz", "maer", "maa"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mag", "mei", "maj"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aou", "ago"),
    ("sep", "set"),
    ("oct", "okt", "ott", "out"),
    ("nov",),
    ("dec", "dez", "dic", "des"),
)


def days(written: str) -> set[date]:
    """Every day that these words may mean, and nothing else in them: 03/04/2026 is two, "Total 2026" none."""
    text = " ".join(written.strip(" ,;:()").split())
    return set(_read(text)) if len(text) <= _LONGEST else set()


def _read(text: str) -> Iterator[date]:
    if found := _YEAR_FIRST.fullmatch(text) or _PACKED.fullmatch(text):
        yield from _day(found[1], found[2], found[3])
    elif found := _NUMERIC.fullmatch(text):
        yield from _day(found[3], found[2], found[1])
        yield from _day(found[3], found[1], found[2])
    elif found := _DAY_NAMED.fullmatch(text):
        yield from _day(found[3], _month(found[2]), found[1])
    elif found := _NAMED_DAY.fullmatch(text):
        yield from _day(found[3], _month(found[1]), found[2])


def _month(name: str) -> int:
    """The month of this name, 0 if it is none."""
    written = plain(name)
    beginnings = (
        (len(start), number)
        for number, starts in enumerate(_MONTHS, 1)
        for start in starts
        if written.startswith(start)
    )
    return max(beginnings, default=(0, 0))[1]


def _day(year: str, month: str | int, day: str) -> Iterator[date]:
    whole = int(year) + (_CENTURY if int(year) < _TWO_DIGITS else 0)
    with suppress(ValueError):
        yield date(whole, int(month), int(day))
