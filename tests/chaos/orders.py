"""What the shop tells of orders, among the traffic: in any order, some of it twice, and some of it refunded."""

import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import httpx

from cli.demo.clients import Api, AwayError
from tests.chaos.journal import Journal
from tests.support.spend import completed, refunded

BUYER: Final = "m-buyer-"
"""Begins the id of each member who buys."""
ORDERS_A_BUYER: Final = 10
REPEATED: Final = 5
"""Every so manieth event is told twice, every other so manieth order refunded in part."""
LARGEST: Final = 150
"""So small that nobody comes to a stage by it."""


@dataclass
class Orders(threading.Thread):
    """So many events, evenly over so many seconds. `spent` is what each member's orders come to, by what was answered."""

    api: Api
    journal: Journal
    count: int
    seconds: float
    seed: int
    spent: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def __post_init__(self) -> None:
        super().__init__(name="orders", daemon=True)
        self._pause = threading.Event()

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        """Tell all of them, each until it is answered."""
        for number, (member_id, event, counts) in enumerate(self._drawn()):
            for _ in range(1 + (number % REPEATED == 0)):
                self._tell(event)
            self.spent[member_id] += counts
            self._pause.wait(self.seconds / self.count)

    def _drawn(self) -> Iterator[tuple[str, dict[str, Any], Decimal]]:
        rng = random.Random(self.seed)  # noqa: S311  (chance that can be repeated, not secrecy)
        told = 0
        while told < self.count:
            order, member_id = f"order-{told}", f"{BUYER}{rng.randrange(1 + self.count // ORDERS_A_BUYER)}"
            amount = Decimal(rng.randint(200, 100 * LARGEST)) / 100
            events = [(completed(order, str(amount), member_id=member_id), amount)]
            if rng.randrange(REPEATED) == 0:
                events.append((refunded(order, "1.00", member_id=member_id), Decimal(-1)))
            rng.shuffle(events)
            told += len(events)
            yield from ((member_id, event, counts) for event, counts in events)

    def _tell(self, event: dict[str, Any]) -> None:
        while True:
            try:
                self.api.post("/v1/events", event).raise_for_status()
            except (AwayError, httpx.TransportError):
                self._pause.wait(1)
            except httpx.HTTPStatusError as error:
                return self.journal.complain(f"{event['id']}: {error.response.text}")
            else:
                return None
