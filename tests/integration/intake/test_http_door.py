from itertools import chain
from typing import Any
from uuid import UUID

import httpx
import pytest

from config.container import Container
from pipeline.submission.tables import submission
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk
from tests.support.faults import without_database
from tests.support.http import Api, problems
from tests.support.together import at_once

NOTHING = "01a20ae2-c8ef-7359-8ecd-dd7fd2c70749"


def test_an_avatar_is_accepted_with_its_due_time_and_why(api: Api) -> None:
    response = api.submit(avatar_body(), **{"X-Correlation-ID": "order-77"})

    answer = response.json()
    assert response.status_code == 202
    assert response.headers["Location"] == f"/v1/submissions/{answer['id']}"
    assert (answer["state"], answer["correlation_id"]) == ("received", "order-77")
    assert answer["due"]["why"] == "24 hours by the clock from acceptance"
    assert (answer["chance"], answer["superseded"]) == (None, [])


def test_a_verification_is_accepted_with_its_working_days_and_why(api: Api) -> None:
    answer = api.submit(verification_body()).json()

    assert answer["due"]["rule"]["name"] == "working_days"
    assert answer["due"]["why"].startswith("4 working days (DE) from acceptance; aimed at 2")
    assert answer["due"]["target_at"] < answer["due"]["promise_at"]
    assert (answer["chance"], answer["chances_left"]) == (1, 4)


def test_what_was_accepted_can_be_read_at_once(api: Api) -> None:
    accepted = api.submit(verification_body(), **{"X-Correlation-ID": "order-77"}).json()

    view = api.get(f"/v1/submissions/{accepted['id']}").json()

    assert (view["state"], view["version"], view["door"], view["chance"]) == ("received", 1, "http", 1)
    assert (view["correlation_id"], view["due"]["why"]) == ("order-77", accepted["due"]["why"])
    assert [each["kind"] for each in view["materials"]] == ["bank_statement"]
    assert (view["findings"], view["decision"], view["effects"]) == ([], None, [])


def test_the_same_key_and_body_give_the_same_answer(api: Api, desk: Desk) -> None:
    first = api.submit(avatar_body(), once="once")

    second = api.submit(avatar_body(), once="once")

    assert (second.status_code, second.json()) == (202, first.json())
    assert len(desk.rows(submission)) == 1


def test_white_space_and_order_of_the_body_do_not_make_it_another_one(api: Api) -> None:
    first = api.submit(avatar_body(), once="once")
    turned = dict(reversed(avatar_body().items()))

    assert api.submit(turned, once="once").json()["id"] == first.json()["id"]


def test_ten_requests_at_once_with_one_key_are_one_submission(api: Api, desk: Desk) -> None:
    answers, _ = at_once(10, lambda _: api.submit(verification_body(), once="once").json()["id"])

    assert len(answers) == 10
    assert len(set(answers)) == 1
    assert [row.chance for row in desk.rows(submission)] == [1]


def test_the_same_key_with_another_body_is_refused(api: Api, desk: Desk) -> None:
    api.submit(avatar_body(), once="once")

    response = api.submit(avatar_body(member_id="m-2"), once="once")

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert len(desk.rows(submission)) == 1


def test_the_keys_of_two_services_are_apart(tools: Container, api: Api) -> None:
    other = Api(tools, reviewer="r-2")

    first = api.submit(avatar_body(member_id="m-1"), once="once")
    second = other.submit(avatar_body(member_id="m-2"), once="once")

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] != second.json()["id"]


def test_a_request_that_was_refused_does_not_use_its_key_up(api: Api) -> None:
    api.submit(verification_body(stage="heaven"), once="once")

    assert api.submit(verification_body(), once="once").status_code == 202


def test_a_submission_without_a_key_is_refused(api: Api) -> None:
    response = api.call("POST", "/v1/submissions", key=api.submit_key, json=avatar_body())

    assert response.status_code == 422
    assert problems(response) == [("Idempotency-Key", "idempotency_key_required")]


def call(api: Api, method: str, path: str, key: str | None) -> httpx.Response:
    return api.call(method, path, key=key, json=avatar_body() if method == "POST" else None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/uploads"),
        ("POST", "/v1/submissions"),
        ("GET", "/v1/submissions"),
        ("GET", f"/v1/submissions/{NOTHING}"),
        ("POST", f"/v1/submissions/{NOTHING}/withdraw"),
        ("GET", "/v1/members/m-1/membership"),
        ("GET", "/v1/members/m-1/avatar"),
        ("GET", "/v1/review/queue"),
        ("POST", "/v1/review/claims"),
        ("GET", f"/v1/review/claims/{NOTHING}"),
        ("POST", f"/v1/review/claims/{NOTHING}/renew"),
        ("POST", f"/v1/review/claims/{NOTHING}/release"),
        ("POST", f"/v1/review/claims/{NOTHING}/decision"),
        ("POST", f"/v1/review/decisions/{NOTHING}/undo"),
    ],
)
def test_every_route_asks_for_a_key_with_its_scope(api: Api, method: str, path: str) -> None:
    wrong = api.submit_key if "/review" in path else api.review_key

    nobody = call(api, method, path, None)
    not_theirs = call(api, method, path, wrong)

    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    assert (not_theirs.status_code, not_theirs.json()["code"]) == (403, "forbidden")


@pytest.fixture
def forty_two(desk: Desk) -> list[str]:
    """Submissions of seven members, the latest first."""
    made = [desk.accept(avatar_body(member_id=f"m-{number % 7}")) for number in range(42)]
    return [str(each.id) for each in reversed(made)]


def pages(api: Api, **params: Any) -> list[list[str]]:
    found: list[list[str]] = []
    cursor: dict[str, str] = {}
    while not found or cursor.get("cursor"):
        page = api.get("/v1/submissions", **params, **cursor).json()
        found.append([each["id"] for each in page["items"]])
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    return found


def test_a_list_is_paged_from_the_latest_to_the_first(api: Api, forty_two: list[str]) -> None:
    found = pages(api, limit=10)

    assert [len(page) for page in found] == [10, 10, 10, 10, 2]
    assert list(chain(*found)) == forty_two


def test_a_last_page_that_is_full_has_no_cursor(api: Api, forty_two: list[str]) -> None:
    assert pages(api, limit=21) == [forty_two[:21], forty_two[21:]]


def test_what_is_new_does_not_move_the_pages_that_follow(api: Api, desk: Desk, forty_two: list[str]) -> None:
    first = api.get("/v1/submissions", limit=40).json()
    desk.accept(avatar_body(member_id="m-late"))

    second = api.get("/v1/submissions", limit=40, cursor=first["next_cursor"]).json()

    assert [each["id"] for each in second["items"]] == forty_two[40:]


def test_a_full_list_says_of_each_what_its_own_page_says(api: Api, desk: Desk) -> None:
    desk.clear(desk.accept(avatar_body(member_id="m-1")).id)
    desk.approve()
    desk.case_waiting("m-2", kind="verification")
    desk.approve()
    desk.submit_avatar("m-3", body=b"no picture")
    desk.inspect()
    desk.accept(avatar_body(member_id="m-open"))

    listed = api.get("/v1/submissions", view="full", limit=2).json()
    rest = api.get("/v1/submissions", view="full", cursor=listed["next_cursor"]).json()

    items = [*listed["items"], *rest["items"]]
    assert len(items) == 4
    assert items == [api.get(f"/v1/submissions/{each['id']}").json() for each in items]
    assert [[effect["name"] for effect in each["effects"]] for each in items] == [
        [],
        ["mail"],
        ["stage_unlocked", "mail"],
        ["avatar_published", "mail"],
    ]


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"member_id": "m-3"}, 6),
        ({"state": "received"}, 7),
        ({"state": "superseded", "member_id": "m-3"}, 5),
        ({"kind": "avatar"}, 42),
        ({"kind": "verification"}, 0),
        ({"stage": "verified"}, 0),
        ({"correlation_id": "trace-1"}, 42),
        ({"correlation_id": "another"}, 0),
    ],
)
@pytest.mark.usefixtures("forty_two")
def test_a_list_is_filtered(api: Api, params: dict[str, str], count: int) -> None:
    assert len(api.get("/v1/submissions", **params).json()["items"]) == count


def test_a_withdrawn_submission_is_closed_and_is_not_withdrawn_twice(api: Api) -> None:
    accepted = api.submit(avatar_body()).json()
    path = f"/v1/submissions/{accepted['id']}/withdraw"

    first, second = api.post(path), api.post(path)

    assert (first.status_code, first.json()["state"]) == (200, "withdrawn")
    assert first.json()["closed_at"] is not None
    assert (second.status_code, second.json()["code"]) == (409, "already_there")


def test_a_submission_that_was_decided_is_not_withdrawn(api: Api, desk: Desk) -> None:
    decided = desk.case_waiting()
    desk.approve()

    response = api.post(f"/v1/submissions/{decided}/withdraw")

    assert (response.status_code, response.json()["code"]) == (409, "not_allowed")
    assert desk.state(decided) == "approved"


def test_while_the_database_is_away_the_answer_is_come_back_later(tools: Container, api: Api) -> None:
    with without_database(tools) as cut_off:
        response = api.over(cut_off).submit(avatar_body())

    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert response.headers["Retry-After"] == "5"


def test_the_history_of_a_submission_begins_with_who_brought_it(api: Api, desk: Desk) -> None:
    accepted = api.submit(avatar_body()).json()

    rows = [(row.actor, row.event, row.correlation_id) for row in desk.audited()]

    assert rows == [("upstream", "submission.accepted", accepted["correlation_id"])]
    assert desk.history(UUID(accepted["id"])) == ["submission.accepted"]


def test_the_documentation_loads_nothing_from_third_parties(api: Api) -> None:
    page = api.get("/docs").text
    script = api.get("/static-offline-docs/swagger-ui-bundle.js")

    assert "https://" not in page
    assert script.status_code == 200
