from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from config.container import Container
from pipeline.access.staff.rules.roles import Role
from tests.support.desk import Desk
from tests.support.keyboard import Keyboard
from tests.support.people import hasty, person
from tests.support.servers import with_review
from tests.support.web import serving


@pytest.fixture(scope="module")
def known(all_servers: Container) -> Container:
    """With a minute in which a decision can be undone, and two people for the stage `trusted`."""
    return hasty(with_review(all_servers, undo_window_seconds=59, four_eyes=("trusted",)))


@pytest.fixture
def desk(desk: Desk, known: Container) -> Desk:
    return desk.over(known)


@pytest.fixture
def base(desk: Desk) -> Iterator[str]:
    with serving(desk.tools) as address:
        yield address


@pytest.fixture
def keyboard(page: Page, base: str) -> Keyboard:
    return Keyboard(page, base)


def test_a_reviewer_drains_twenty_mixed_cases_by_keyboard_alone(desk: Desk, keyboard: Keyboard) -> None:
    _twenty(desk)
    person(desk.tools, "m.lee", roles=[Role.REVIEWER])
    keyboard.sign_in("m.lee")
    keyboard.start()

    keyboard.approve()
    keyboard.undo()
    keyboard.done("r", "1", "Enter", said="Rejected")
    keyboard.press("e")
    keyboard.type("Is this the shop of the member?")
    keyboard.done("Control+Enter", said="Escalated")
    keyboard.done("s", "3", "Enter", said="Skipped")
    keyboard.done("b", "1", "Enter", said="Better file asked for")
    keyboard.approve_all(16)

    expect(keyboard.page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    assert _states(desk) == {"approved": 16, "in_review": 2, "refused": 1, "rejected": 1}


def test_a_stale_claim_says_who_decided_what_and_keeps_what_was_typed(desk: Desk, keyboard: Keyboard) -> None:
    desk.submit_avatar("m-1")
    desk.inspect()
    person(desk.tools, "m.lee", roles=[Role.REVIEWER])
    keyboard.sign_in("m.lee")
    keyboard.start()
    keyboard.press("n")
    keyboard.type("Looks like the old picture.")
    keyboard.press("Escape")
    desk.sql("UPDATE claim SET lease_until = now() - interval '1 second'")
    desk.reject(desk.claimed("a.kim"))

    keyboard.press("0", "a")

    message = keyboard.page.get_by_role("alert")
    expect(message).to_contain_text("Decided by a.kim")
    expect(message).to_contain_text("rejected (group photo)")
    expect(keyboard.page.get_by_label("Private note")).to_have_value("Looks like the old picture.")
    keyboard.press("Enter")
    expect(keyboard.page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()


def test_a_senior_settles_a_split_and_sees_both_sides(desk: Desk, keyboard: Keyboard) -> None:
    submission_id = desk.submit_verification(stage="trusted")
    desk.inspect()
    desk.approve(desk.claimed("r-1"))
    person(desk.tools, "s-2", roles=[Role.SENIOR], password=None)
    desk.reject(desk.claimed("s-2"), note="The stamp is drawn.")
    person(desk.tools, "s-3", roles=[Role.SENIOR])
    keyboard.sign_in("s-3")
    keyboard.start()
    expect(keyboard.page.locator(".who")).to_contain_text("r-1: approve")
    expect(keyboard.page.locator(".who")).to_contain_text("The stamp is drawn.")

    keyboard.done("r", "6", "Enter", said="Rejected")

    assert desk.state(submission_id) == "rejected"


def _twenty(desk: Desk) -> None:
    for number in range(16):
        desk.submit_avatar(f"m-{number}")
    for number in range(16, 20):
        desk.submit_verification(f"m-{number}")
    desk.inspect()


def _states(desk: Desk) -> dict[str, int]:
    found = desk.sql("SELECT state, count(*) AS submissions FROM submission GROUP BY state")
    return {row.state: row.submissions for row in found}
