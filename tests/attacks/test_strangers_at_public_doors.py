"""Whoever has no key may ask so often, learns little, and costs the dependencies nothing."""

from typing import Any, Final

import httpx
import pytest

from config.container import Container
from pipeline.access.api_keys import Scope, create_key
from tests.support.faults import without_database
from tests.support.http import Api, client_of
from tests.support.people import Visitor, signed_in
from tests.support.servers import variant
from tests.support.together import at_once
from tests.support.web import app_of, serving
from web.health import Readiness, state_of

LIMIT: Final = 3
DOORS: Final = (
    "GET /public/avatars/a/b.jpg",
    "GET /member/",
    "GET /member/static/page.js",
    "GET /v1/unsubscribe/token",
    "POST /v1/unsubscribe/token",
    "POST /v1/mail-events/sns",
    "POST /v1/sessions/open",
    "GET /v1/submissions",
    "GET /v1/nothing-of-ours",
    "POST /v1/submissions",
    "GET /console/",
    "GET /console/sign-in",
    "POST /console/sign-in",
    "GET /console/sign-in/provider/back",
    "GET /console/invitation",
    "POST /console/invitation",
    "POST /console/people",
    "GET /readyz",
    "GET /docs",
    "GET /openapi.json",
    "GET /nothing-of-ours",
)


@pytest.fixture
def strict(tools: Container) -> Container:
    return variant(tools, stranger_limit=LIMIT)


def ask(client: httpx.Client, door: str, **headers: str) -> httpx.Response:
    method, _, path = door.partition(" ")
    return client.request(method, path, headers={"Sec-Fetch-Site": "same-origin", **headers}, follow_redirects=False)


@pytest.mark.parametrize("door", DOORS)
def test_a_stranger_may_ask_so_often_at_each_door(strict: Container, door: str) -> None:
    client = client_of(strict)

    answers = [ask(client, door) for _ in range(LIMIT + 2)]

    assert 429 not in {each.status_code for each in answers[:LIMIT]}
    assert [each.headers["RateLimit-Policy"] for each in answers] == [f'"address";q={LIMIT};w=60'] * (LIMIT + 2)
    for refused in answers[LIMIT:]:
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert refused.headers["content-type"] == "application/problem+json"
        assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_a_stranger_who_has_asked_too_often_keeps_no_key_and_no_session_out(strict: Container, api: Api) -> None:
    caller, person = api.over(strict), signed_in(strict)
    flood = [caller.call("GET", "/v1/submissions", key=None).status_code for _ in range(9)]
    flood += [Visitor(strict).get("/console/preferences").status_code for _ in range(9)]

    assert flood.count(429) == 18 - 2 * LIMIT
    assert [caller.get("/v1/submissions").status_code for _ in range(9)] == [200] * 9
    assert [person.get("/console/preferences").status_code for _ in range(9)] == [200] * 9


@pytest.mark.parametrize("key", ["pd_nothing", f"pd_{'0' * 32}_x", f"pm_{'0' * 32}_x", "x" * 5000])
def test_guesses_at_keys_are_counted_as_a_strangers_requests(strict: Container, api: Api, key: str) -> None:
    caller = api.over(strict)

    answers = [caller.call("GET", "/v1/submissions", key=key).status_code for _ in range(LIMIT + 2)]

    assert answers == [401] * LIMIT + [429] * 2


def test_a_browser_is_told_in_a_page(strict: Container) -> None:
    client = client_of(strict)

    answer = [ask(client, "GET /console/sign-in", accept="text/html") for _ in range(LIMIT + 1)][-1]

    assert answer.status_code == 429
    assert answer.headers["content-type"].startswith("text/html")
    assert "Too many requests" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_the_liveness_of_the_process_is_never_refused(strict: Container) -> None:
    client = client_of(strict)

    assert [ask(client, "GET /healthz").status_code for _ in range(LIMIT + 5)] == [200] * (LIMIT + 5)


@pytest.fixture
def looks() -> list[Container]:
    """Each time that the dependencies were asked."""
    return []


def counting(tools: Container, looks: list[Container], *, fresh_seconds: float) -> Container:
    """A process whose looks at its dependencies are counted."""

    def ask_all(asked: Container) -> dict[str, Any]:
        looks.append(asked)
        return state_of(asked)

    made = variant(tools)
    app_of(made).state.readiness = Readiness(made, ask=ask_all, fresh_seconds=fresh_seconds)
    return made


def test_many_who_ask_at_once_have_the_dependencies_asked_once(tools: Container, looks: list[Container]) -> None:
    fresh = counting(tools, looks, fresh_seconds=3600)
    with serving(fresh) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        answers, raised = at_once(100, lambda _: client.get("/readyz"))
        answers += [client.get("/readyz")]

    assert raised == []
    assert {(each.status_code, each.text) for each in answers} == {(200, '{"status":"ready"}')}
    assert len(looks) == 1


def test_an_answer_grows_old(tools: Container, looks: list[Container]) -> None:
    fresh = counting(tools, looks, fresh_seconds=0)

    for _ in range(3):
        assert client_of(fresh).get("/readyz").status_code == 200

    assert len(looks) == 3


def test_details_are_for_administrators(tools: Container, api: Api) -> None:
    _, admin = create_key("operator", [Scope.ADMIN], reviewer_id=None, db=tools.db)

    shown = {
        name: sorted(api.call("GET", "/readyz", key=key).json())
        for name, key in {"nobody": None, "submit": api.submit_key, "review": api.review_key, "admin": admin}.items()
    }

    few, all_of_it = ["status"], ["advice", "checks", "circuits", "degraded", "overloaded", "status", "waiting"]
    assert shown == {"nobody": few, "submit": few, "review": few, "admin": all_of_it}
    assert api.call("GET", "/readyz", key="pd_nothing").status_code == 401


def test_without_the_database_strangers_learn_that_and_no_more(tools: Container, api: Api) -> None:
    with without_database(tools) as cut_off:
        answers = [api.over(cut_off).call("GET", "/readyz", key=key) for key in (None, api.submit_key)]

    assert [(each.status_code, each.json()) for each in answers] == [(503, {"status": "not_ready"})] * 2


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"profile": "embedded"}, 200),
        ({"profile": "production"}, 404),
        ({"profile": "embedded", "api_docs": "off"}, 404),
        ({"profile": "production", "api_docs": "on"}, 200),
    ],
)
@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/redoc", "/static-offline-docs/swagger-ui.css"])
def test_the_documentation_of_the_api_follows_its_setting(
    tools: Container, path: str, settings: dict[str, Any], status: int
) -> None:
    expected = 404 if path == "/redoc" else status

    assert client_of(variant(tools, **settings)).get(path).status_code == expected
