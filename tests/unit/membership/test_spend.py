from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from config.policy import load_policy
from pipeline.kernel.errors import Invalid
from pipeline.membership.rules.spend import (
    CANCELLED,
    COMPLETED,
    REFUNDED,
    OrderEvent,
    crossed,
    order_event,
    rate_on,
    worth,
)
from schemas.incoming import EventRequest
from tests.support.spend import cancelled, completed, refunded, told

POLICY = load_policy()
RULES = POLICY.spend

EUR, USD_THEN, USD_NOW = Decimal(1), Decimal("0.9655"), Decimal("0.8520")


def event(kind: str, amount: object = None, currency: str | None = "EUR", rate: object = 1) -> OrderEvent:
    if amount is None:
        return OrderEvent(kind)
    return OrderEvent(kind, Decimal(str(amount)), currency, Decimal(str(rate)))


@pytest.mark.parametrize(
    ("events", "counts"),
    [
        ([], "0.00"),
        ([event(COMPLETED, "99.99")], "99.99"),
        ([event(REFUNDED, 50)], "0.00"),
        ([event(COMPLETED, 100), event(REFUNDED, 30), event(REFUNDED, 20)], "50.00"),
        ([event(COMPLETED, 100), event(REFUNDED, 130)], "0.00"),
        ([event(COMPLETED, 100), event(CANCELLED)], "0.00"),
        ([event(COMPLETED, 100, "USD", USD_NOW)], "85.20"),
        ([event(COMPLETED, 100, "USD", USD_THEN), event(REFUNDED, 100, "USD", USD_NOW)], "0.00"),
        ([event(COMPLETED, 100, "USD", USD_NOW), event(REFUNDED, 10, "EUR")], "75.20"),
        ([event(COMPLETED, "0.05", "CNY", "0.1")], "0.00"),
        ([event(COMPLETED, "0.15", "CNY", "0.1")], "0.02"),
    ],
    ids=[
        "nothing",
        "an order",
        "a refund alone",
        "two refunds",
        "more than was paid",
        "cancelled",
        "another currency",
        "a whole refund at another rate",
        "a refund in another currency",
        "half a cent to the even one below",
        "half a cent to the even one above",
    ],
)
def test_what_an_order_counts_whatever_arrived_first(events: list[OrderEvent], counts: str) -> None:
    assert {worth(each) for each in permutations(events)} == {Decimal(counts)}


@pytest.mark.parametrize(
    ("currency", "at", "rate"),
    [
        ("EUR", datetime(1999, 1, 1, tzinfo=UTC), EUR),
        ("USD", datetime(2024, 12, 31, 23, 59, tzinfo=UTC), None),
        ("USD", datetime(2025, 1, 1, tzinfo=UTC), USD_THEN),
        ("USD", datetime(2025, 12, 31, 23, 59, tzinfo=UTC), USD_THEN),
        ("USD", datetime.fromisoformat("2026-01-01T01:00:00+02:00"), USD_THEN),
        ("USD", datetime(2026, 1, 1, tzinfo=UTC), USD_NOW),
        ("XXX", datetime(2026, 1, 1, tzinfo=UTC), None),
    ],
)
def test_a_rate_holds_from_its_day_on(currency: str, at: datetime, rate: Decimal | None) -> None:
    assert rate_on(currency, at, RULES) == rate


def test_an_event_keeps_the_rate_of_its_own_day() -> None:
    request = EventRequest.model_validate(completed("o-7", "10.50", currency="USD"))

    assert order_event(request, RULES) == ("o-7", OrderEvent(COMPLETED, Decimal("10.50"), "USD", USD_NOW))


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (told("order.completed", "1"), [("order", "missing_field")]),
        (told("order.cancelled", "1"), [("order", "missing_field")]),
        (
            told("order.refunded", "1", id="o-1"),
            [("order.amount", "missing_field"), ("order.currency", "missing_field")],
        ),
        (completed(currency="XXX"), [("order.currency", "unknown_currency")]),
        (refunded(currency="USD", at="2024-01-01T00:00:00Z"), [("occurred_at", "no_rate")]),
        (
            told("order.cancelled", "1", id="o-1", amount="1", currency="EUR"),
            [("order.amount", "unknown_field"), ("order.currency", "unknown_field")],
        ),
    ],
)
def test_what_cannot_be_counted_is_refused(body: dict[str, Any], wrong: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as caught:
        order_event(EventRequest.model_validate(body), RULES)

    assert [(problem.path, problem.code) for problem in caught.value.problems] == wrong


def test_a_cancelled_order_needs_no_amount() -> None:
    assert order_event(EventRequest.model_validate(cancelled("o-1")), RULES) == ("o-1", OrderEvent(CANCELLED))


@pytest.mark.parametrize(
    ("before", "after", "standing", "ever", "reached", "below"),
    [
        (0, "19999.99", (), (), [], []),
        (0, 20_000, (), (), ["trusted"], []),
        (0, 100_000, (), (), ["trusted", "premier"], []),
        (20_000, 30_000, ("trusted",), ("trusted",), [], []),
        (20_000, 30_000, (), ("trusted",), [], []),
        (19_000, 21_000, (), ("trusted",), ["trusted"], []),
        (21_000, 22_000, (), (), ["trusted"], []),
        (20_000, 19_999, ("trusted",), ("trusted",), [], ["trusted"]),
        (120_000, 0, ("trusted", "premier"), ("trusted", "premier"), [], ["trusted", "premier"]),
        (19_000, 18_000, ("trusted",), ("trusted",), [], []),
        (20_000, 19_000, (), ("trusted",), [], []),
    ],
    ids=[
        "not yet",
        "just reached",
        "two at once",
        "has it already",
        "taken away and not reached anew",
        "taken away and reached anew",
        "reached before the policy asked for it",
        "fell below",
        "fell below two",
        "was below already",
        "fell below what was taken away before",
    ],
)
def test_which_stages_an_event_unlocks_or_puts_in_doubt(
    before: object,
    after: object,
    standing: tuple[str, ...],
    ever: tuple[str, ...],
    reached: list[str],
    below: list[str],
) -> None:
    found = crossed(Decimal(str(before)), Decimal(str(after)), standing=standing, ever=ever, policy=POLICY)

    assert [rung.stage for rung in found.reached] == reached
    assert [rung.stage for rung in found.below] == below
