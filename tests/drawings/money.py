from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

_YEAR: Final = 2026
_LAST_FIRST_MONTH: Final = 7


@dataclass(frozen=True, slots=True)
class Period:
    """A range of days that a statement covers, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{day(self.first)} to {day(self.last)}"


def whole_months(draw: Random, count: int) -> Period:
    """Choose a period of `count` whole calendar months (at most three) that ends in or before September 2026."""
    month = draw.randint(1, _LAST_FIRST_MONTH)
    return Period(date(_YEAR, month, 1), date(_YEAR, month + count, 1) - timedelta(days=1))


def day(value: date) -> str:
    """Print a date as a statement does: 03 Aug 2026."""
    return f"{value:%d %b %Y}"


def printed(cents: int) -> str:
    """Print an amount as a statement does: 12,480.05."""
    return f"{cents / 100:,.2f}"


def plain(cents: int) -> str:
    """Give an amount as a decimal string: 12480.05."""
    return f"{cents // 100}.{cents % 100:02d}"
