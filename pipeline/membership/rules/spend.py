"""What an order counts, and which stages a member's spend reaches or falls below (DOMAIN §7). Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from pipeline.kernel.errors import Conflict, Invalid, Problem
from pipeline.policy import Policy
from pipeline.policy.ladder import Stage
from pipeline.policy.spend import Spend
from schemas.incoming import EventRequest

COMPLETED: Final = "order.completed"
REFUNDED: Final = "order.refunded"
CANCELLED: Final = "order.cancelled"
TYPES: Final = (COMPLETED, REFUNDED, CANCELLED)

NOTHING: Final = Decimal("0.00")
_CENT: Final = Decimal("0.01")


class OrderCompletedBefore(Conflict):
    """Another event has completed the same order already; an order is completed once."""

    code = "order_completed_before"


class AnothersOrder(Conflict):
    """The order belongs to another member."""

    code = "anothers_order"


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """What an event says of an order. `rate` is one unit of its currency in the base currency, on the event's day."""

    type: str
    amount: Decimal | None = None
    currency: str | None = None
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Crossed:
    """The stages whose amount the member newly reaches, and those that the member fell below."""

    reached: tuple[Stage, ...]
    below: tuple[Stage, ...]


def order_event(request: EventRequest, rules: Spend) -> tuple[str, OrderEvent]:
    """The order's id and what the event says of it. Raises Invalid with each problem."""
    if problems := tuple(_problems(request, rules)):
        raise Invalid(problems)
    order = request.order
    assert order is not None  # noqa: S101  (a problem otherwise)
    if order.amount is None or order.currency is None:
        return order.id, OrderEvent(request.type)
    rate = rate_on(order.currency, request.occurred_at, rules)
    return order.id, OrderEvent(request.type, order.amount, order.currency, rate)


def rate_on(currency: str, at: datetime, rules: Spend) -> Decimal | None:
    """One unit of the currency in the base currency on that day (UTC); None where the policy has no rate."""
    if currency == rules.base_currency:
        return Decimal(1)
    day = at.astimezone(UTC).date()
    known = [each.rate for each in rules.rates.get(currency, ()) if each.since <= day]
    return known[-1] if known else None


def worth(events: Sequence[OrderEvent]) -> Decimal:
    """What an order counts in the base currency: what was paid less what was refunded, at least zero.

    The order of the events does not matter. A refund in the order's currency counts by the order's rate, so that a full one leaves
    zero; any other by the rate of its own day.
    """
    paid = next((each for each in events if each.type == COMPLETED), None)
    if paid is None or any(each.type == CANCELLED for each in events):
        return NOTHING
    refunds = [each for each in events if each.type == REFUNDED]
    same = sum((_amount(each) for each in refunds if each.currency == paid.currency), Decimal(0))
    other = sum((_amount(each) * _rate(each) for each in refunds if each.currency != paid.currency), Decimal(0))
    left = (_amount(paid) - same) * _rate(paid) - other
    return max(NOTHING, left.quantize(_CENT, ROUND_HALF_EVEN))


def crossed(
    before: Decimal, after: Decimal, *, standing: Collection[str], ever: Collection[str], policy: Policy
) -> Crossed:
    """The stages whose amount lies between the member's spend `before` and `after` an event.

    `standing` are the stages that spend unlocks now, `ever` those that it has unlocked at some time. A stage that was taken away
    is unlocked again only when its amount is reached anew.
    """
    rungs = [(rung, rung.spend) for rung in policy.ladder if rung.spend is not None]
    return Crossed(
        reached=tuple(
            rung
            for rung, amount in rungs
            if after >= amount and rung.stage not in standing and (before < amount or rung.stage not in ever)
        ),
        below=tuple(rung for rung, amount in rungs if before >= amount > after and rung.stage in standing),
    )


def _problems(request: EventRequest, rules: Spend) -> Iterator[Problem]:
    order = request.order
    if order is None:
        yield Problem("order", "missing_field", f"{request.type} is about an order. Add the field.")
        return
    if request.type == CANCELLED:
        for field in ("amount", "currency"):
            if getattr(order, field) is not None:
                yield Problem(f"order.{field}", "unknown_field", "A cancelled order has no amount. Remove the field.")
        return
    for field in ("amount", "currency"):
        if getattr(order, field) is None:
            yield Problem(f"order.{field}", "missing_field", f"{request.type} needs an amount and its currency.")
    if order.currency is not None:
        yield from _currency_problems(order.currency, request.occurred_at, rules)


def _currency_problems(currency: str, at: datetime, rules: Spend) -> Iterator[Problem]:
    known = (rules.base_currency, *rules.rates)
    if currency not in known:
        yield Problem("order.currency", "unknown_currency", f"Use one of {', '.join(known)}.")
    elif rate_on(currency, at, rules) is None:
        since = rules.rates[currency][0].since
        message = f"There is no rate of {currency} for that day: the first is of {since}."
        yield Problem("occurred_at", "no_rate", message)


def _amount(event: OrderEvent) -> Decimal:
    return event.amount or Decimal(0)


def _rate(event: OrderEvent) -> Decimal:
    return event.rate or Decimal(0)
