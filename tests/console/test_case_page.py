import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from config.container import Container
from pipeline.access.staff import sessions
from pipeline.access.staff.rules.roles import Role
from tests.support.desk import Desk
from tests.support.keyboard import Keyboard
from tests.support.people import person
from tests.support.servers import with_review
from tests.support.together import until
from tests.support.web import serving
from web.console.session import cookie_name


@pytest.fixture(scope="module")
def known(all_servers: Container) -> Container:
    return with_review(all_servers, undo_window_seconds=59)


@pytest.fixture
def desk(desk: Desk, known: Container) -> Desk:
    return desk.over(known)


@pytest.fixture
def keyboard(desk: Desk, page: Page) -> Iterator[Keyboard]:
    """Somebody who is signed in; the queue is on the screen once they `start`."""
    person(desk.tools, "m.lee", roles=[Role.REVIEWER], password=None)
    with desk.tools.db.begin() as connection:
        token = sessions.begin(connection, "m.lee", proof="test", rules=desk.tools.policy.sign_in)
    with serving(desk.tools) as base:
        page.context.add_cookies([{"name": cookie_name(desk.tools), "value": token, "url": base}])
        yield Keyboard(page, base)


def test_a_lost_connection_keeps_what_was_typed_and_the_decision_goes_out_when_it_is_back(
    desk: Desk, keyboard: Keyboard
) -> None:
    submission_id = _waiting(desk, avatars=1)
    keyboard.open()
    keyboard.page.context.set_offline(True)

    keyboard.press("r", "1", "Enter")
    expect(keyboard.page.get_by_text("No connection. What you typed is kept here")).to_be_visible()
    assert desk.state(submission_id) == "in_review"
    keyboard.page.context.set_offline(False)

    expect(keyboard.page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    assert desk.state(submission_id) == "rejected"


def test_a_covered_material_is_fetched_only_when_it_is_asked_for(desk: Desk, keyboard: Keyboard) -> None:
    submission_id = _waiting(desk, papers=1)
    keyboard.open()
    covered = keyboard.page.locator("[data-canvas] img")
    expect(covered).to_have_attribute("data-large", re.compile("/large$"))
    assert "material.opened" not in desk.history(submission_id)

    keyboard.press("v")

    expect(covered).to_have_attribute("src", re.compile("/large$"))
    until(lambda: "material.opened" in desk.history(submission_id))


def test_a_key_does_nothing_while_a_text_field_has_the_focus(desk: Desk, keyboard: Keyboard) -> None:
    submission_id = _waiting(desk, avatars=1)
    keyboard.open()

    keyboard.press("n")
    keyboard.type("0ars?")

    expect(keyboard.page.get_by_label("Private note")).to_have_value("0ars?")
    expect(keyboard.page.locator(".question input:checked")).to_have_count(0)
    keyboard.press("Escape", "0")
    expect(keyboard.page.locator(".question input:checked")).to_have_count(2)
    assert desk.state(submission_id) == "in_review"


def test_who_leaves_the_page_gives_back_the_case_and_the_one_that_was_kept_ready(
    desk: Desk, keyboard: Keyboard
) -> None:
    _waiting(desk, avatars=2)
    keyboard.open()
    until(lambda: _held(desk) == 2)

    keyboard.go("g", "q")

    expect(keyboard.page.get_by_text("2 cases wait for you")).to_be_visible()
    assert _held(desk) == 0


def test_who_loads_the_page_anew_has_the_same_case_still(desk: Desk, keyboard: Keyboard) -> None:
    submission_id = _waiting(desk, avatars=1)
    keyboard.open()

    keyboard.come_to_a_case(keyboard.page.reload)
    expect(keyboard.page.locator("[data-canvas] img").first).not_to_have_js_property("naturalWidth", 0)
    keyboard.done("r", "1", "Enter", said="Rejected")

    assert desk.state(submission_id) == "rejected"


def _waiting(desk: Desk, *, avatars: int = 0, papers: int = 0) -> UUID:
    sent = [desk.submit_avatar(f"m-{number}") for number in range(avatars)]
    sent += [desk.submit_verification(f"v-{number}") for number in range(papers)]
    desk.inspect()
    return sent[0]


def _held(desk: Desk) -> int:
    return int(desk.sql("SELECT count(*) FROM claim WHERE state = 'live'")[0][0])
