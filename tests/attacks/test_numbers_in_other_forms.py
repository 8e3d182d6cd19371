"""Amounts, counts and times in a form that two programs read as two values are refused at every door that takes one."""

from datetime import timedelta
from typing import Any, Final

import pytest

from pipeline.kernel import clock
from tests.support.account import PROCUREMENT
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.services import OWN, Service

EVENT: Final = {
    "type": "order.completed",
    "source": "shop",
    "id": "e-1",
    "member_id": "m-1",
    "occurred_at": "2026-03-02T10:00:00Z",
}
AMOUNTS: Final[tuple[Any, ...]] = (
    "1e5", "1E5", "1_000", "1,000", "1 000", " 1000", "1000 ", "+1000", "01000", ".5", "5.", "\u0661\u0662", "\uff11\uff12", "0x10",
    "NaN", "Infinity", "12\n", "", True, False, None, [], {}, 1e22, 1e-7, 10**30,
)  # fmt: skip
COUNTS: Final[tuple[Any, ...]] = ("1_000", "1e2", "+5", "05", "\u0665", "\uff15", " 5", 5.0, True, "5.0", [], {})
TIMES: Final = (
    1_767_225_600, "1767225600", 1.5, "2026-03-02", "20260302T100000Z", "2026-W10-1T10:00:00Z", "\u0662\u0660\u0662\u0666-03-02T10:00:00Z",
    "2026-03-02T10:00:00", "tomorrow", "2026-03-02T10:00:00Z ", True,
)  # fmt: skip


def told(api: Api, **more: Any) -> list[tuple[str, str]]:
    """The problems of an order's event."""
    order = {"id": "o-1", "amount": "1000", "currency": "USD", **more.pop("order", {})}
    answer = api.post("/v1/events", {**EVENT, "order": order, **more})
    assert answer.status_code in {201, 422}
    return [] if answer.status_code == 201 else problems(answer)


@pytest.fixture
def shop(api: Api) -> Service:
    return Service(api, *OWN)


def test_an_order_of_an_amount_in_another_form_is_refused(api: Api) -> None:
    refused = {repr(each): told(api, order={"amount": each}) for each in AMOUNTS}

    assert {form for form, found in refused.items() if [path for path, _ in found] != ["order.amount"]} == set()


@pytest.mark.parametrize("amount", ["1000", "0.0001", "1000.50", 1000, 12.5, "1000000000000"])
def test_an_amount_in_plain_digits_is_taken(amount: Any, api: Api) -> None:
    assert told(api, order={"amount": amount}) == []


def test_a_volume_of_an_amount_in_another_form_or_in_no_currency_is_refused(shop: Service) -> None:
    put = "/v1/members/m-1/procurement-information"
    volumes = [{"amount": each, "currency": "EUR"} for each in ("1e5", "1_000", "\u0661\u0662", True)]
    volumes += [{"amount": "100", "currency": each} for each in ("ABC", "XXX", "DEM")]

    answers = [shop.call("PUT", put, {**PROCUREMENT, "annual_volume": each}) for each in volumes]

    assert [answer.status_code for answer in answers] == [422] * len(volumes)


def test_points_in_another_form_are_refused(api: Api) -> None:
    service = Service(api, *OWN)
    path = "/v1/members/m-1/points/redemptions"
    answers = [service.post(path, {"item": "performance_coupon", "quantity": each}) for each in COUNTS]

    assert {answer.status_code for answer in answers} == {422}
    assert {problems(answer)[0] for answer in answers} == {("quantity", "invalid_value")}


def test_a_time_in_another_form_is_refused(api: Api) -> None:
    refused = {repr(each): told(api, occurred_at=each) for each in TIMES}

    assert {form for form, found in refused.items() if found != [("occurred_at", "invalid_value")]} == set()


@pytest.mark.parametrize(
    ("away", "found"),
    [
        (timedelta(minutes=4), []),
        (timedelta(minutes=6), [("occurred_at", "in_the_future")]),
        (timedelta(days=400), [("occurred_at", "in_the_future")]),
    ],
)
def test_an_event_of_the_future_is_refused_beyond_five_minutes(
    away: timedelta, found: list[tuple[str, str]], api: Api
) -> None:
    assert told(api, occurred_at=(clock.now() + away).isoformat()) == found


def test_an_event_of_the_future_earns_no_points_either(api: Api, desk: Desk) -> None:
    earning = next(iter(desk.tools.policy.points.earn))
    later = (clock.now() + timedelta(hours=1)).isoformat()

    answer = api.post("/v1/events", {**EVENT, "type": earning, "occurred_at": later})

    assert problems(answer) == [("occurred_at", "in_the_future")]
