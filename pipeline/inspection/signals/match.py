import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pipeline.inspection.report import PageText
from pipeline.inspection.signals.amounts import amounts, is_currency, names_currency, shortened
from pipeline.inspection.signals.dates import days
from pipeline.inspection.signals.runs import Run, runs, spread
from pipeline.inspection.signals.words import spellings

_WORDS_OF_A_DATE: Final = 5
_WORDS_OF_A_NUMBER: Final = 4

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d")

_Search = Callable[[PageText], Iterator[Run]]


def matches(expected: Mapping[str, str], texts: Sequence[PageText]) -> dict[str, dict[str, Any]]:
    """For each field `{found, page, box: [x0, y0, x1, y1], as_written}` of its first place, in shares of the page.

    A value that is an ISO date, a decimal number or a currency's code is found however it is written; any other by its
    words, without regard to case, accents, spaces and a company's legal form. `page`, `box` and `as_written` are None where
    it was not found, which shows nothing: it may stand in a picture.
    """
    return {field: _found(value, texts) for field, value in expected.items()}


def _found(value: str, texts: Sequence[PageText]) -> dict[str, Any]:
    for search in _searches(value.strip()):
        for text in texts:
            for run in search(text):
                return {"found": True, "page": text.page, "box": run.box, "as_written": run.written}
    return {"found": False, "page": None, "box": None, "as_written": None}


def _searches(value: str) -> Iterator[_Search]:
    """The ways to search for the value, the most certain first."""
    if is_currency(value):
        yield lambda text: (run for run in runs(text, 1) if names_currency(run.written, value))
    elif (day := _day(value)) is not None:
        yield lambda text: (run for run in runs(text, _WORDS_OF_A_DATE) if day in days(run.written))
    elif (number := _number(value)) is not None:
        yield lambda text: (run for run in runs(text, _WORDS_OF_A_NUMBER, tight=True) if number in amounts(run.written))
        yield lambda text: (run for run in runs(text, 1) if _about(run.written, number))
    else:
        yield from (
            (lambda text, spelling=spelling: spread(text, spelling)) for spelling in spellings(value) if spelling
        )


def _about(written: str, number: Decimal) -> bool:
    return any(abs(value - number) < shortened(written) for value in amounts(written))


def _day(value: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(value) if _ISO.fullmatch(value) else None
    return None


def _number(value: str) -> Decimal | None:
    with suppress(InvalidOperation):
        number = Decimal(value)
        return abs(number) if number.is_finite() else None
    return None
