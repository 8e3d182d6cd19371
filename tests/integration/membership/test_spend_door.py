from typing import Any
from uuid import uuid4

import pytest

from pipeline.events.inbound import inbound_event
from pipeline.membership.tables import correction
from tests.support.account import Account
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.spend import Spending, cancelled, completed, refunded, told

EVENTS = "/v1/events"
CORRECTIONS = "/v1/members/m-1/membership/corrections"
REVIEWS = "/v1/membership/spend-reviews"
TAKE_AWAY = {"stage": "trusted", "unlocked": False, "because": "forgery", "reason": "The statement was drawn"}


@pytest.fixture
def account(api: Api, desk: Desk) -> Account:
    return Account(api, desk)


def settlement(review: str) -> str:
    return f"{REVIEWS}/{review}/settlement"


def test_an_order_is_counted_and_says_what_it_came_to(api: Api) -> None:
    response = api.post(EVENTS, completed("o-1", "20000.00"))

    assert response.status_code == 201
    assert response.json()["points"] is None
    assert response.json()["spend"] == {
        "order_id": "o-1",
        "order_known": True,
        "order_counts": {"amount": "20000.00", "currency": "EUR"},
        "spent": {"amount": "20000.00", "currency": "EUR"},
        "unlocked": ["trusted"],
        "under_review": [],
    }
    view = api.get("/v1/members/m-1/membership").json()
    assert (view["level"], view["spent"]["amount"]) == ("trusted", "20000.00")
    assert view["history"][0]["cause"] == response.json()["event_id"]


def test_what_is_told_again_gets_the_same_answer_and_as_something_else_is_refused(api: Api) -> None:
    first = api.post(EVENTS, completed("o-1", "10.00"))

    again = api.post(EVENTS, completed("o-1", 10))
    other = api.post(EVENTS, completed("o-1", "10.01"))

    assert (again.status_code, again.json()) == (201, first.json())
    assert (other.status_code, other.json()["code"]) == (422, "event_reused")


def test_an_event_needs_no_key_but_a_key_is_kept_to(api: Api) -> None:
    plain = api.call("POST", EVENTS, key=api.submit_key, json=completed("o-1"))
    keyed = api.post(EVENTS, completed("o-2"), once="k")

    other = api.post(EVENTS, completed("o-3"), once="k")

    assert (plain.status_code, keyed.status_code) == (201, 201)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_an_order_that_does_not_fit_what_was_told_is_a_conflict(api: Api) -> None:
    api.post(EVENTS, completed("o-1"))

    twice = api.post(EVENTS, completed("o-1", event_id="again"))
    others = api.post(EVENTS, refunded("o-1", member_id="m-2"))

    assert (twice.status_code, twice.json()["code"]) == (409, "order_completed_before")
    assert (others.status_code, others.json()["code"]) == (409, "anothers_order")


WRONG: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "an unknown type": (told("order.lost", "e", id="o"), [("type", "unknown_type")]),
    "points with an order": (told("rfq_quoted", "e", id="o"), [("order", "unknown_field")]),
    "an order without an order": (told("order.completed", "e"), [("order", "missing_field")]),
    "an unknown currency": (completed(currency="XXX"), [("order.currency", "unknown_currency")]),
    "no currency": (completed(currency="euro"), [("order.currency", "invalid_value")]),
    "a day without a rate": (completed(currency="USD", at="2001-01-01T00:00:00Z"), [("occurred_at", "no_rate")]),
    "nothing": (completed(amount="0"), [("order.amount", "invalid_value")]),
    "less than nothing": (completed(amount="-5"), [("order.amount", "invalid_value")]),
    "too much": (completed(amount="1000000000000.01"), [("order.amount", "invalid_value")]),
    "too fine": (completed(amount="0.00001"), [("order.amount", "invalid_value")]),
    "no number": (completed(amount="NaN"), [("order.amount", "invalid_value")]),
    "a time of no zone": (completed(at="2026-01-01T00:00:00"), [("occurred_at", "invalid_value")]),
    "an amount for a cancellation": (
        {**cancelled(), "order": {"id": "o-1", "amount": "1"}},
        [("order.amount", "unknown_field")],
    ),
}


@pytest.mark.parametrize(("body", "wrong"), WRONG.values(), ids=WRONG)
def test_a_wrong_event_is_refused_with_path_and_code(
    api: Api, desk: Desk, body: dict[str, Any], wrong: list[tuple[str, str]]
) -> None:
    response = api.post(EVENTS, body)

    assert response.status_code == 422
    assert problems(response) == wrong
    assert desk.rows(inbound_event) == []


def test_the_largest_amounts_are_counted(api: Api) -> None:
    for number in range(3):
        response = api.post(EVENTS, completed(f"o-{number}", "1000000000000", currency="GBP"))

    assert response.json()["spend"]["spent"]["amount"] == "3438000000000.00"


def test_the_ladder_says_what_orders_must_come_to(api: Api) -> None:
    stages = api.get("/v1/membership/ladder").json()["stages"]

    assert [each["spend"] for each in stages] == [
        None,
        None,
        {"amount": "20000.00", "currency": "EUR"},
        {"amount": "100000.00", "currency": "EUR"},
    ]


def test_a_lead_corrects_a_stage_once_for_each_key(api: Api, account: Account) -> None:
    api.post(EVENTS, completed("o-1", 20_000))

    first = account.administer(CORRECTIONS, TAKE_AWAY)
    again = account.administer(CORRECTIONS, TAKE_AWAY)
    another = account.administer(CORRECTIONS, TAKE_AWAY, once="k-2")

    assert (first.status_code, again.json()) == (201, first.json())
    assert (first.json()["from_level"], first.json()["to_level"], first.json()["by"]) == (
        "trusted",
        "registered",
        "lead",
    )
    assert (another.status_code, another.json()["code"]) == (409, "nothing_to_correct")
    assert api.get("/v1/members/m-1/membership").json()["level"] == "registered"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({**TAKE_AWAY, "stage": "moon"}, [("stage", "unknown_stage")]),
        ({**TAKE_AWAY, "stage": "registered"}, [("stage", "unknown_stage")]),
        ({**TAKE_AWAY, "because": "spite"}, [("because", "unknown_because")]),
        ({**TAKE_AWAY, "because": "refund"}, [("because", "unknown_because")]),
        ({**TAKE_AWAY, "unlocked": True}, [("because", "invalid_value")]),
        ({**TAKE_AWAY, "reason": " "}, [("reason", "invalid_value")]),
        ({**TAKE_AWAY, "supersedes": "that"}, [("supersedes", "invalid_value")]),
    ],
)
def test_a_wrong_correction_is_refused(
    account: Account, desk: Desk, body: object, wrong: list[tuple[str, str]]
) -> None:
    response = account.administer(CORRECTIONS, body)

    assert response.status_code == 422
    assert problems(response) == wrong
    assert desk.rows(correction) == []


def listed(account: Account, **params: Any) -> Any:
    return account.api.call("GET", REVIEWS, key=account.admin_key, params=params).json()


def test_a_lead_lists_what_refunds_put_in_doubt_and_settles_it(account: Account, desk: Desk) -> None:
    spending = Spending(desk)
    for member in ("m-1", "m-2", "m-3"):
        spending.complete(f"{member}.o", member_id=member)
        spending.refund(f"{member}.o", 1, member_id=member)
    page = listed(account, limit=2, state="open")
    rest = listed(account, limit=2, state="open", cursor=page["next_cursor"])

    kept = account.administer(settlement(page["items"][0]["id"]), {"verdict": "keep", "reason": "Once"})
    again = account.administer(settlement(page["items"][0]["id"]), {"verdict": "keep", "reason": "Once"})
    taken = account.administer(
        settlement(page["items"][1]["id"]), {"verdict": "take_away", "reason": "Often"}, once="2"
    )
    late = account.administer(settlement(page["items"][1]["id"]), {"verdict": "keep", "reason": "No"}, once="3")

    assert [each["member_id"] for each in (*page["items"], *rest["items"])] == ["m-1", "m-2", "m-3"]
    assert rest["next_cursor"] is None
    assert (kept.status_code, again.json()) == (200, kept.json())
    assert (kept.json()["state"], taken.json()["state"], taken.json()["reason"]) == ("kept", "taken_away", "Often")
    assert (late.status_code, late.json()["code"]) == (409, "already_there")
    assert [desk.membership(member).level for member in ("m-1", "m-2")] == ["trusted", "registered"]
    assert [each["member_id"] for each in listed(account, state="open")["items"]] == ["m-3"]


def test_what_is_not_there_is_said_so(account: Account) -> None:
    unknown = account.administer(settlement(str(uuid4())), {"verdict": "keep", "reason": "x"})
    cursor = account.api.call("GET", REVIEWS, key=account.admin_key, params={"cursor": "nonsense"})

    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert problems(cursor) == [("cursor", "unknown_cursor")]


@pytest.mark.parametrize(
    ("method", "path", "wrong"),
    [
        ("POST", EVENTS, "review"),
        ("POST", CORRECTIONS, "submit"),
        ("POST", CORRECTIONS, "review"),
        ("GET", REVIEWS, "submit"),
        ("POST", settlement(str(uuid4())), "review"),
    ],
    ids=["events", "corrections", "corrections by a reviewer", "reviews", "settlement"],
)
def test_every_route_asks_for_a_key_with_its_scope(api: Api, method: str, path: str, wrong: str) -> None:
    key = api.submit_key if wrong == "submit" else api.review_key

    nobody = api.call(method, path, key=None, json={})
    not_theirs = api.call(method, path, key=key, json={})

    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")
    assert (not_theirs.status_code, not_theirs.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("path", [CORRECTIONS, settlement(str(uuid4()))], ids=["correction", "settlement"])
def test_what_only_a_key_tells_apart_asks_for_one(api: Api, account: Account, path: str) -> None:
    body = TAKE_AWAY if path == CORRECTIONS else {"verdict": "keep", "reason": "x"}

    response = api.call("POST", path, key=account.admin_key, json=body)

    assert problems(response) == [("Idempotency-Key", "idempotency_key_required")]
