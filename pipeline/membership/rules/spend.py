"""What orders come to, and which stages that unlocks or puts in doubt (DOMAIN §7). Pure."""

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
    """Another event completed the same order; an order counts once."""

    code = "order_completed_before"


class AnothersOrder(Conflict):
    """The order belongs to another member."""

    code = "anothers_order"


@dataclass(frozen=True, slots=True)
class Told:
    """What an event says of an order. `rate` is what one unit of its currency was worth on the event's day."""

    type: str
    amount: Decimal | None = None
    currency: str | None = None
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """The stages whose amount is reached, and those whose member fell below it."""

    unlocked: tuple[Stage, ...]
    doubtful: tuple[Stage, ...]


def told_of(request: EventRequest, rules: Spend) -> tuple[str, Told]:
    """The order's id and what the event says of it. Raises Invalid with each problem."""
    if problems := tuple(_problems(request, rules)):
        raise Invalid(problems)
    order = request.order
    assert order is not None  # noqa: S101  (a problem otherwise)
    if order.amount is None or order.currency is None:
        return order.id, Told(request.type)
    rate = rate_on(order.currency, request.occurred_at, rules)
    return order.id, Told(request.type, order.amount, order.currency, rate)


def rate_on(currency: str, at: datetime, rules: Spend) -> Decimal | None:
    """What one unit of the currency is worth in the base currency on that day (UTC); None where no rate holds."""
    if currency == rules.base_currency:
        return Decimal(1)
    day = at.astimezone(UTC).date()
    held = [each.rate for each in rules.rates.get(currency, ()) if each.since <= day]
    return held[-1] if held else None


def worth(events: Sequence[Told]) -> Decimal:
    """What an order counts in the base currency: what was paid less what was given back, never below nothing.

    The order of the events does not matter. Refunds in the order's currency count by its rate, so that a whole one leaves nothing;
    others by the rate of their own day.
    """
    paid = next((each for each in events if each.type == COMPLETED), None)
    if paid is None or any(each.type == CANCELLED for each in events):
        return NOTHING
    refunds = [each for each in events if each.type == REFUNDED]
    same = sum((_amount(each) for each in refunds if each.currency == paid.currency), Decimal(0))
    other = sum((_amount(each) * _rate(each) for each in refunds if each.currency != paid.currency), Decimal(0))
    left = (_amount(paid) - same) * _rate(paid) - other
    return max(NOTHING, left.quantize(_CENT, ROUND_HALF_EVEN))


def reached(
    before: Decimal, after: Decimal, *, standing: Collection[str], ever: Collection[str], policy: Policy
) -> Reached:
    """What follows when all that a member's orders come to goes from `before` to `after`.

    `standing` are the stages that spend unlocks now, `ever` those that it has unlocked at some time. One that was taken away since
    is unlocked again only when its amount is reached anew.
    """
    rungs = [(rung, rung.spend) for rung in policy.ladder if rung.spend is not None]
    return Reached(
        unlocked=tuple(
            rung
            for rung, amount in rungs
            if after >= amount and rung.stage not in standing and (before < amount or rung.stage not in ever)
        ),
        doubtful=tuple(rung for rung, amount in rungs if before >= amount > after and rung.stage in standing),
    )


def _problems(request: EventRequest, rules: Spend) -> Iterator[Problem]:
    order = request.order
    if order is None:
        yield Problem("order", "missing_field", f"{request.type} is about an order. Say which.")
        return
    if request.type == CANCELLED:
        for field in ("amount", "currency"):
            if getattr(order, field) is not None:
                yield Problem(f"order.{field}", "unknown_field", "A cancelled order counts nothing. Remove the field.")
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
        message = f"There is no rate of {currency} for that day: the first one holds from {since}."
        yield Problem("occurred_at", "no_rate", message)


def _amount(told: Told) -> Decimal:
    return told.amount or Decimal(0)


def _rate(told: Told) -> Decimal:
    return told.rate or Decimal(0)
