"""Currencies that money is or lately was paid in, by the territories' legal tender in Unicode's CLDR."""

from functools import cache
from typing import Annotated, Final

from babel.core import get_global
from pydantic import AfterValidator, StringConstraints

FIRST_YEAR: Final = 2015
"""A statement of earlier years may show a currency that has ended since: one that was legal tender in this year or later."""


@cache
def currencies() -> frozenset[str]:
    """Their codes (ISO 4217)."""
    tenders = (each for known in get_global("territory_currencies").values() for each in known)
    return frozenset(
        code for code, _, until, is_tender in tenders if is_tender and (until is None or until[0] >= FIRST_YEAR)
    )


def _known(written: str) -> str:
    if written not in currencies():
        raise ValueError("Give the three letters of a currency that is in use (ISO 4217): EUR.")
    return written


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_known)]
"""A currency by its code."""
