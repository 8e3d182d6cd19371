from itertools import chain
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from pipeline.account.tables import points_entry
from pipeline.kernel.ids import new_id
from tests.support.account import Account
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.points import Points

if TYPE_CHECKING:
    import httpx

EARNING = {
    "type": "rfq_quoted",
    "source": "rfq",
    "id": "q-1",
    "member_id": "m-1",
    "occurred_at": "2026-03-02T10:00:00Z",
}
CORRECTION = {"points": 500, "reason": "Paid twice"}
EVENTS = "/v1/events"
REDEMPTIONS = "/v1/members/m-1/points/redemptions"
CORRECTIONS = "/v1/members/m-1/points/corrections"
PENALTIES = "/v1/review/points/penalties"


@pytest.fixture
def account(api: Api, desk: Desk) -> Account:
    return Account(api, desk)


def test_points_are_earned_redeemed_and_read(api: Api, account: Account) -> None:
    account.administer(CORRECTIONS, CORRECTION)

    earned = api.post(EVENTS, EARNING)
    redeemed = api.post(REDEMPTIONS, {"item": "performance_coupon", "quantity": 2})

    assert (earned.status_code, earned.json()["points"]["balance_after"]) == (201, 510)
    assert (redeemed.status_code, redeemed.json()["points"], redeemed.json()["balance_after"]) == (201, -400, 110)
    assert api.get("/v1/members/m-1/points").json() == {
        "member_id": "m-1",
        "balance": 110,
        "overdrawn": False,
        "entries": 3,
    }


def test_each_entry_says_its_cause(api: Api, account: Account) -> None:
    account.administer(CORRECTIONS, CORRECTION)
    api.post(REDEMPTIONS, {"item": "performance_coupon"})

    redeemed, corrected = api.get("/v1/members/m-1/points/entries").json()["items"]

    assert redeemed["cause"] == {
        "code": "performance_coupon",
        "title": "Pay-for-performance coupon",
        "quantity": 1,
        "reason": None,
        "corrects": None,
        "source": None,
        "source_id": None,
    }
    assert (corrected["type"], corrected["cause"]["reason"]) == ("correction", "Paid twice")


def test_an_event_without_a_key_is_known_by_its_source(api: Api, desk: Desk) -> None:
    first = api.call("POST", EVENTS, key=api.submit_key, json=EARNING)

    second = api.call("POST", EVENTS, key=api.submit_key, json=EARNING)

    assert (second.status_code, second.json()) == (201, first.json())
    assert len(desk.rows(points_entry)) == 1


def test_the_same_key_gives_the_same_answer_and_for_another_member_none(api: Api, account: Account) -> None:
    account.administer(CORRECTIONS, CORRECTION)
    first = api.post(REDEMPTIONS, {"item": "performance_coupon"}, once="once")

    again = api.post(REDEMPTIONS, {"item": "performance_coupon"}, once="once")
    other = api.post(REDEMPTIONS.replace("m-1", "m-2"), {"item": "performance_coupon"}, once="once")

    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_redemption_that_is_not_covered_is_a_conflict_in_words(api: Api) -> None:
    response = api.post(REDEMPTIONS, {"item": "rfq_quotation_right"})

    assert (response.status_code, response.json()["code"]) == (409, "insufficient_points")
    assert response.json()["detail"] == "This costs 50 points, and the balance is 0."


def test_an_event_of_another_member_is_refused(api: Api) -> None:
    api.post(EVENTS, EARNING)

    response = api.post(EVENTS, {**EARNING, "member_id": "m-2"})

    assert (response.status_code, response.json()["code"]) == (422, "event_reused")


def test_a_reviewer_takes_points_for_a_forgery(api: Api, desk: Desk) -> None:
    submission = Points(desk).forged()
    body = {"submission_id": str(submission), "penalty": "forged_material", "reason": "Pasted figures"}

    response = api.post(PENALTIES, body)

    assert (response.status_code, response.json()["overdrawn"]) == (201, True)
    assert response.json()["cause"]["source_id"] == str(submission)
    assert api.get("/v1/members/m-1/points").json()["overdrawn"] is True


@pytest.mark.parametrize(
    ("submission", "status", "code"),
    [("forged", 403, "forbidden"), ("unreadable", 409, "not_proven"), ("nothing", 404, "not_found")],
)
def test_a_penalty_without_proof_is_refused(api: Api, desk: Desk, submission: str, status: int, code: str) -> None:
    wanted = {
        "forged": lambda: Points(desk).forged(),
        "unreadable": lambda: Points(desk).forged(reasons=("unreadable",)),
        "nothing": new_id,
    }[submission]()
    who = Api(desk.tools, reviewer="r-2") if submission == "forged" else api

    response = who.post(PENALTIES, {"submission_id": str(wanted), "penalty": "forged_material", "reason": "x"})

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert desk.rows(points_entry) == []


WRONG: dict[str, tuple[str, object, list[tuple[str, str]]]] = {
    "an unknown event": (EVENTS, {**EARNING, "type": "luck"}, [("type", "unknown_type")]),
    "no source": (EVENTS, {key: EARNING[key] for key in EARNING if key != "source"}, [("source", "missing_field")]),
    "our own source": (EVENTS, {**EARNING, "source": "penalty"}, [("source", "reserved_source")]),
    "a source with a space": (EVENTS, {**EARNING, "source": "r f q"}, [("source", "invalid_value")]),
    "points of one's own": (EVENTS, {**EARNING, "points": 9}, [("points", "unknown_field")]),
    "an unknown item": (REDEMPTIONS, {"item": "moon"}, [("item", "unknown_item")]),
    "none of it": (REDEMPTIONS, {"item": "performance_coupon", "quantity": 0}, [("quantity", "invalid_value")]),
    "less than none": (REDEMPTIONS, {"item": "performance_coupon", "quantity": -5}, [("quantity", "invalid_value")]),
    "too many": (REDEMPTIONS, {"item": "performance_coupon", "quantity": 101}, [("quantity", "too_many")]),
    "beyond all bounds": (
        REDEMPTIONS,
        {"item": "performance_coupon", "quantity": 10**30},
        [("quantity", "invalid_value")],
    ),
    "half of it": (REDEMPTIONS, {"item": "performance_coupon", "quantity": 0.5}, [("quantity", "invalid_value")]),
    "an unknown penalty": (
        PENALTIES,
        {"submission_id": str(UUID(int=1)), "penalty": "rudeness", "reason": "x"},
        [("penalty", "unknown_penalty")],
    ),
    "a penalty without a reason": (
        PENALTIES,
        {"submission_id": str(UUID(int=1)), "penalty": "forged_material"},
        [("reason", "missing_field")],
    ),
    "a penalty for nothing": (
        PENALTIES,
        {"submission_id": "x", "penalty": "forged_material", "reason": "x"},
        [("submission_id", "invalid_value")],
    ),
}


@pytest.mark.parametrize(("path", "body", "wrong"), WRONG.values(), ids=WRONG)
def test_a_wrong_request_is_refused_with_path_and_code(
    api: Api, desk: Desk, path: str, body: object, wrong: list[tuple[str, str]]
) -> None:
    response = api.post(path, body)

    assert response.status_code == 422
    assert problems(response) == wrong
    assert desk.rows(points_entry) == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"points": 0, "reason": "x"}, [("points", "invalid_value")]),
        ({"points": 10**40, "reason": "x"}, [("points", "invalid_value")]),
        ({"points": 5}, [("reason", "missing_field")]),
        ({"points": 5, "reason": "x", "corrects": 0}, [("corrects", "invalid_value")]),
        ({"points": 5, "reason": "x", "corrects": 2**63}, [("corrects", "invalid_value")]),
    ],
)
def test_a_wrong_correction_is_refused(account: Account, body: object, wrong: list[tuple[str, str]]) -> None:
    response = account.administer(CORRECTIONS, body)

    assert response.status_code == 422
    assert problems(response) == wrong


@pytest.mark.parametrize("path", [REDEMPTIONS, CORRECTIONS], ids=["redemption", "correction"])
def test_what_only_a_key_tells_apart_asks_for_one(api: Api, account: Account, path: str) -> None:
    body = CORRECTION if path == CORRECTIONS else {"item": "performance_coupon"}

    response = api.call("POST", path, key=account.admin_key, json=body)

    assert problems(response) == [("Idempotency-Key", "idempotency_key_required")]


@pytest.mark.parametrize(
    ("method", "path", "wrong"),
    [
        ("GET", "/v1/members/m-1/points", "review"),
        ("GET", "/v1/members/m-1/points/entries", "review"),
        ("POST", EVENTS, "review"),
        ("POST", REDEMPTIONS, "review"),
        ("POST", CORRECTIONS, "submit"),
        ("POST", CORRECTIONS, "review"),
        ("POST", PENALTIES, "submit"),
    ],
)
def test_every_route_asks_for_a_key_with_its_scope(api: Api, method: str, path: str, wrong: str) -> None:
    key = api.submit_key if wrong == "submit" else api.review_key

    nobody = api.call(method, path, key=None, json={})
    not_theirs = api.call(method, path, key=key, json={})

    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")
    assert (not_theirs.status_code, not_theirs.json()["code"]) == (403, "forbidden")


@pytest.fixture
def seven(desk: Desk) -> Points:
    """Four earnings and three corrections, in turns."""
    points = Points(desk)
    for number in range(7):
        points.correct(5) if number % 2 else points.earn(f"q-{number}")
    return points


def pages(api: Api, **params: Any) -> list[list[int]]:
    found: list[list[int]] = []
    cursor: dict[str, str] = {}
    while not found or cursor:
        page: httpx.Response = api.get("/v1/members/m-1/points/entries", **params, **cursor)
        found.append([each["number"] for each in page.json()["items"]])
        cursor = {"cursor": page.json()["next_cursor"]} if page.json()["next_cursor"] else {}
    return found


@pytest.mark.usefixtures("seven")
@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"limit": 3}, [[7, 6, 5], [4, 3, 2], [1]]),
        ({"limit": 7}, [[7, 6, 5, 4, 3, 2, 1]]),
        ({"limit": 3, "type": "earning"}, [[7, 5, 3], [1]]),
        ({"type": "correction"}, [[6, 4, 2]]),
        ({"type": "penalty"}, [[]]),
    ],
)
def test_entries_are_listed_by_type_from_the_latest_to_the_first(
    api: Api, params: dict[str, Any], found: list[list[int]]
) -> None:
    assert pages(api, **params) == found


def test_what_is_new_does_not_move_the_pages_that_follow(api: Api, seven: Points) -> None:
    first = api.get("/v1/members/m-1/points/entries", limit=3).json()
    seven.earn("late")

    second = api.get("/v1/members/m-1/points/entries", limit=50, cursor=first["next_cursor"]).json()

    assert [each["number"] for each in chain(second["items"])] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("params", "wrong"),
    [
        ({"cursor": "nonsense"}, ("cursor", "unknown_cursor")),
        ({"cursor": ""}, ("cursor", "unknown_cursor")),
        ({"cursor": "ä"}, ("cursor", "unknown_cursor")),
        ({"cursor": "__________8"}, ("cursor", "unknown_cursor")),
        ({"type": "gift"}, ("type", "unknown_type")),
        ({"limit": 0}, ("limit", "invalid_value")),
        ({"limit": 201}, ("limit", "invalid_value")),
    ],
)
def test_a_wrong_question_is_refused(api: Api, params: dict[str, Any], wrong: tuple[str, str]) -> None:
    response = api.get("/v1/members/m-1/points/entries", **params)

    assert response.status_code == 422
    assert problems(response) == [wrong]
