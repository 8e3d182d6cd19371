"""The orders that an online store has received."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from tests.drawings.chance import chance
from tests.drawings.traders import Trader

_BUYERS: Final = (
    "Olivia Hartmann", "Liam O'Rourke", "Fatima Zahra B.", "Jonas Weiß", "Camille Roux", "Mateo Rivas",
    "Priya Nair", "Emma Lindgren", "Noah de Wit", "Chiara Esposito", "Grace Adeyemi", "Tomás Ferreira",
    "Sofia Jensen", "Ewan McAllister", "Yuki Mori", "Helene Dubois",
)  # fmt: skip
_WAITING: Final = 4
_NEWEST: Final = datetime(2026, 10, 14, 16, 40, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Order:
    """One row of the order list."""

    number: str
    placed: datetime
    buyer: str
    goods: str
    paid: str
    sent: str
    cents: int


def orders(draw: Random, trader: Trader, count: int) -> Iterator[Order]:
    """List the store's newest orders, newest first."""
    number, placed = draw.randint(2_400, 88_000), _NEWEST
    for place in range(count):
        placed -= timedelta(minutes=draw.randint(4, 340))
        pieces, goods = draw.choice((1, 1, 1, 2, 2, 3, 4)), draw.choice(trader.goods)
        yield Order(
            number=f"#{number - place}",
            placed=placed,
            buyer=draw.choice(_BUYERS),
            goods=f"{pieces} x {goods}",
            paid=draw.choice(("Paid", "Paid", "Paid", "Paid", "Paid", "Paid", "Pending", "Refunded")),
            sent="Unfulfilled" if place < _WAITING else draw.choice(("Fulfilled", "Fulfilled", "In transit")),
            cents=pieces * _price(trader, goods),
        )


def _price(trader: Trader, goods: str) -> int:
    return 95 + 100 * chance("price", trader.store, goods).randint(9, 89)
