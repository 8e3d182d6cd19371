"""Amounts, counts and times as callers write them: one plain form of each, so that no two programs read another value."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BeforeValidator, Field, WithJsonSchema

_AMOUNT: Final = re.compile(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?")
_COUNT: Final = re.compile(r"-?(0|[1-9][0-9]{0,20})")
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
"""RFC 3339. Whether it has an offset is looked at afterwards, so that a time without one is told what is missing."""

_MOST: Final = 1_000_000_000_000


def _plain_amount(given: Any) -> Any:
    """Raises ValueError for what is no amount in plain digits, as a text or as a JSON number."""
    written = given if isinstance(given, str) else repr(given) if type(given) in {int, float} else None
    if isinstance(given, Decimal):
        return given
    if written is None or not _AMOUNT.fullmatch(written):
        raise ValueError("Write an amount in digits from 0 to 9, with a point before the decimals: 12500.50.")
    return written


def _plain_count(given: Any) -> Any:
    """Raises ValueError for what is no whole number in plain digits."""
    if type(given) is int or (isinstance(given, str) and _COUNT.fullmatch(given)):
        return given
    raise ValueError("Write a whole number in digits from 0 to 9: 1200.")


def _plain_time(given: Any) -> Any:
    """Raises ValueError for what is no time as RFC 3339 writes it, such as seconds since an epoch."""
    if isinstance(given, datetime) or (isinstance(given, str) and _TIME.fullmatch(given)):
        return given
    raise ValueError("Give a date and a time with its offset from UTC, for example 2026-03-01T09:30:00Z.")


PlainAmount: Final = BeforeValidator(_plain_amount)
PlainCount: Final = BeforeValidator(_plain_count)

Count = Annotated[int, PlainCount]
"""A whole number."""

Time = Annotated[AwareDatetime, BeforeValidator(_plain_time)]
"""A time with its offset from UTC (RFC 3339)."""

Amount = Annotated[
    Decimal,
    Field(gt=0, le=_MOST, decimal_places=4),
    PlainAmount,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": _MOST},
                {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,12})(\.[0-9]{1,4})?$"},
            ]
        }
    ),
]
"""Money in any currency, in plain digits; written as a string or a number, exact as a string."""
