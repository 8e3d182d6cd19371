"""Attacks from a browser that was left signed in: people, keys and second factors need somebody who has just signed in."""

import re

import pytest

from config.container import Container
from pipeline.access.staff.rules.roles import Role
from tests.support.desk import Desk
from tests.support.factors import app_added, let_codes_pass, let_time_pass, passkey_added, signing_in
from tests.support.people import PASSWORD, Visitor, hasty, person
from tests.support.routes import path_of, routes
from tests.support.web import app_of

NEEDED = (
    "/console/people",
    "/console/keys",
    "/console/account/app",
    "/console/account/passkeys",
    "/console/account/recovery",
)


@pytest.fixture
def tools(tools: Container) -> Container:
    return hasty(tools)


@pytest.fixture
def browser(tools: Container) -> Visitor:
    """An administrator who signed in eleven minutes ago."""
    person(tools, "boss", roles=list(Role))
    found = signing_in(tools, "boss")
    let_time_pass(tools, minutes=11)
    return found


def leads_to(browser: Visitor, answer_location: str) -> str:
    """The page to which one comes back from signing in once more."""
    form = browser.get(answer_location)
    assert form.status_code == 200
    found = re.search(r'name="page" value="([^"]*)"', form.text)
    assert found is not None
    return found[1]


def test_no_page_of_people_keys_or_factors_is_open_to_an_old_sign_in(tools: Container, browser: Visitor) -> None:
    asked = [
        route
        for route in routes(app_of(tools), *NEEDED)
        if not route.endswith(("/console/account/keys/{key_id}/revoke", "/account"))
    ]
    assert len(asked) > 15

    found = {
        route: (browser.get if route.startswith("GET") else browser.post)(path_of(route)).headers.get("location", "")
        for route in asked
    }

    assert [route for route, where in found.items() if not where.startswith("/console/sign-in/again?page=")] == []


def test_a_key_of_ones_own_needs_a_new_sign_in(tools: Container, browser: Visitor) -> None:
    answer = browser.post("/console/account/keys", name="mine")

    assert answer.headers["location"].startswith("/console/sign-in/again")
    assert Desk(tools).sql("SELECT * FROM api_key") == []


@pytest.mark.parametrize(
    ("method", "path", "page"),
    [
        ("GET", "/console/people?done=x", "/console/people?done=x"),
        ("GET", "/console/people/boss", "/console/people/boss"),
        ("POST", "/console/people/boss/invitation", "/console/people/boss"),
        ("POST", "/console/keys", "/console/keys"),
        ("POST", "/console/keys/01a20ae2-c8ef-7359-8ecd-dd7fd2c70749/revoke", "/console/keys"),
        ("POST", "/console/account/keys", "/console/account"),
    ],
)
def test_one_comes_back_to_what_one_wanted(browser: Visitor, method: str, path: str, page: str) -> None:
    answer = browser.get(path) if method == "GET" else browser.post(path, name="mine")

    assert leads_to(browser, answer.headers["location"]) == page
    back = browser.post("/console/sign-in/again", password=PASSWORD, page=page)
    assert (back.status_code, back.headers["location"]) == (303, page)
    assert browser.get("/console/people").status_code == 200


def test_a_wrong_password_opens_nothing_and_is_slowed_down(browser: Visitor) -> None:
    answers = [browser.post("/console/sign-in/again", password="not this one").status_code for _ in range(8)]

    assert (answers[0], answers[-1]) == (422, 429)
    assert browser.get("/console/people").status_code == 303


def test_it_takes_the_second_factor_where_there_is_one(tools: Container, browser: Visitor) -> None:
    browser.post("/console/sign-in/again", password=PASSWORD)
    app, codes = app_added(browser)
    let_codes_pass(tools)
    let_time_pass(tools, minutes=11)

    assert browser.post("/console/sign-in/again", password=PASSWORD).status_code == 422
    assert browser.post("/console/sign-in/again", password=PASSWORD, code="000000").status_code == 422
    assert browser.post("/console/sign-in/again", password="not this one", code=app.now()).status_code == 422
    assert browser.get("/console/people").status_code == 303
    assert browser.post("/console/sign-in/again", password=PASSWORD, code=app.now()).status_code == 303
    assert browser.get("/console/people").status_code == 200
    assert codes


def test_a_passkey_is_enough_and_must_sign_this_sessions_challenge(tools: Container, browser: Visitor) -> None:
    browser.post("/console/sign-in/again", password=PASSWORD)
    key = passkey_added(browser)
    let_time_pass(tools, minutes=11)
    step = signing_in(tools, "boss")
    elsewhere = step.post("/console/sign-in/second/passkey").json()

    assert browser.post("/console/sign-in/again", passkey=key.show(elsewhere)).status_code == 422
    options = browser.post("/console/sign-in/again/passkey").json()
    assert browser.post("/console/sign-in/again", passkey=key.show(options)).status_code == 303
    assert browser.get("/console/people").status_code == 200


def test_a_new_password_is_no_way_past_the_second_factor(tools: Container, browser: Visitor) -> None:
    browser.post("/console/sign-in/again", password=PASSWORD)
    app_added(browser)
    let_time_pass(tools, minutes=11)
    other = PASSWORD[::-1]

    changed = browser.post("/console/preferences/password", password=PASSWORD, new_password=other, again=other)

    assert changed.headers["location"].startswith("/console/sign-in/second")
    assert browser.get("/console/people").headers["location"].startswith("/console/sign-in?page=")


@pytest.mark.parametrize("page", ["https://example.net", "//example.net", "/v1/review", "/console/sign-out"])
def test_one_is_led_to_a_page_of_the_console_only(browser: Visitor, page: str) -> None:
    answer = browser.post("/console/sign-in/again", password=PASSWORD, page=page)

    assert answer.headers["location"] == "/console/"


def test_a_script_is_told_and_not_led_elsewhere(browser: Visitor) -> None:
    answer = browser.get("/console/people", **{"HX-Request": "true"})

    assert (answer.status_code, "signed in within the last 10 minutes" in answer.text) == (403, True)
