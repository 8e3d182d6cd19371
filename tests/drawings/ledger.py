"""The movements on a bank account over a period."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from tests.drawings.chance import digits
from tests.drawings.money import Period

_SHARE_PAID_IN: Final = 0.45
_LOW: Final = 60_000
_INCOMING: Final = (
    "SEPA credit, invoice {n}",
    "Incoming wire, contract {n}",
    "Card acquirer settlement {n}",
    "Transfer received, order {n}",
    "Marketplace payout {n}",
)
_OUTGOING: Final = (
    "Supplier payment, PO {n}",
    "Freight and customs {n}",
    "Payroll run {n}",
    "Rent and utilities {n}",
    "Card purchase {n}",
    "Direct debit, insurance {n}",
    "Tax authority, ref. {n}",
)


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement; `cents` is positive for money paid in, `balance` is what it leaves."""

    day: date
    words: str
    reference: str
    cents: int
    balance: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """An opening balance and the movements that follow it, oldest first."""

    opening: int
    movements: tuple[Movement, ...]

    @property
    def paid_in(self) -> int:
        """All credits, in cents."""
        return sum(movement.cents for movement in self.movements if movement.cents > 0)

    @property
    def paid_out(self) -> int:
        """All debits, in cents, as a positive number."""
        return -sum(movement.cents for movement in self.movements if movement.cents < 0)

    @property
    def closing(self) -> int:
        """The balance after the last movement."""
        return self.opening + self.paid_in - self.paid_out


def ledger(draw: Random, period: Period, lines: int) -> Ledger:
    """Keep an account of `lines` movements within the period that is never overdrawn."""
    opening = balance = draw.randint(900_000, 4_800_000)
    movements = []
    for offset in sorted(draw.randrange(period.days) for _ in range(lines)):
        cents = _sum_moved(draw, balance)
        balance += cents
        pattern = draw.choice(_INCOMING if cents > 0 else _OUTGOING)
        words = pattern.format(n=digits(draw, 5))
        when = _weekday(period, offset)
        movements.append(Movement(when, words, f"TRX{digits(draw, 8)}", cents, balance))
    return Ledger(opening, tuple(movements))


def _sum_moved(draw: Random, balance: int) -> int:
    if balance < _LOW or draw.random() < _SHARE_PAID_IN:
        return draw.randint(38_000, 1_240_000)
    return -draw.randint(1_900, min(720_000, balance // 3))


def _weekday(period: Period, offset: int) -> date:
    day = period.first + timedelta(days=offset)
    back = max(0, day.weekday() - 4)
    return max(period.first, day - timedelta(days=back))
