"""Nothing on a page of the console is a trap: what moves by itself takes no focus, and a key does what the page says, or nothing."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from config.container import Container
from pipeline.access.staff import sessions
from pipeline.access.staff.rules.roles import Role
from tests.support.desk import Desk
from tests.support.keyboard import Keyboard
from tests.support.people import PASSWORD, person
from tests.support.servers import with_review
from tests.support.together import until
from tests.support.web import serving
from web.console.session import cookie_name

LOOK_SECONDS = 600


@pytest.fixture(scope="module")
def known(all_servers: Container) -> Container:
    return with_review(all_servers, undo_window_seconds=59)


@pytest.fixture
def desk(desk: Desk, known: Container) -> Desk:
    return desk.over(known)


def signed_in(desk: Desk, page: Page) -> Iterator[Keyboard]:
    person(desk.tools, "m.lee", roles=[Role.REVIEWER], password=None)
    with desk.tools.db.begin() as connection:
        token = sessions.begin(connection, "m.lee", proof="test", rules=desk.tools.policy.sign_in)
    with serving(desk.tools) as base:
        page.context.add_cookies([{"name": cookie_name(desk.tools), "value": token, "url": base}])
        yield Keyboard(page, base)


@pytest.fixture
def keyboard(desk: Desk, page: Page) -> Iterator[Keyboard]:
    yield from signed_in(desk, page)


def waiting(desk: Desk, avatars: int) -> None:
    for number in range(avatars):
        desk.submit_avatar(f"m-{number}")
    desk.inspect()


def refreshed(page: Page) -> None:
    """The queue's part comes anew, as it does by the clock."""
    with page.expect_response("**/console/queue"):
        page.evaluate(
            "htmx.ajax('GET', '/console/queue', {source: '#queue', target: '#queue', swap: 'morph:outerHTML'})"
        )
    page.locator(".htmx-request, .htmx-swapping, .htmx-settling").wait_for(state="detached")


@pytest.mark.parametrize("field", ["#find"])
def test_a_refresh_in_the_middle_of_a_word_leaves_the_field_its_focus_and_its_letters(
    desk: Desk, keyboard: Keyboard, field: str
) -> None:
    waiting(desk, 2)
    keyboard.page.goto(f"{keyboard.base}/console/")
    keyboard.page.locator(field).focus()
    keyboard.type("12")

    refreshed(keyboard.page)
    keyboard.type("34a")

    expect(keyboard.page.locator(field)).to_be_focused()
    expect(keyboard.page.locator(field)).to_have_value("1234a")
    assert desk.sql("SELECT count(*) FROM claim")[0][0] == 0


@pytest.mark.parametrize("control", ["#start", '[data-do="start-queue"][data-digit="1"]', ".menu summary"])
def test_a_refresh_leaves_the_focus_where_it_is(desk: Desk, keyboard: Keyboard, control: str) -> None:
    waiting(desk, 1)
    keyboard.page.goto(f"{keyboard.base}/console/")
    keyboard.page.locator(control).focus()
    waiting(desk, 1)

    refreshed(keyboard.page)

    expect(keyboard.page.locator(control)).to_be_focused()


def test_letters_that_were_meant_for_a_field_act_nowhere_although_a_script_took_the_focus(
    desk: Desk, keyboard: Keyboard
) -> None:
    waiting(desk, 2)
    keyboard.page.goto(f"{keyboard.base}/console/")
    keyboard.page.locator("#find").focus()
    keyboard.go("1")
    keyboard.page.evaluate("document.getElementById('start').focus()")

    keyboard.press("1", "a", "Enter")

    assert desk.sql("SELECT count(*) FROM claim")[0][0] == 0


@pytest.mark.parametrize("key", ["Enter", "1"])
def test_a_page_that_nobody_opened_by_a_key_is_seen_before_a_key_acts_on_it(
    desk: Desk, keyboard: Keyboard, key: str
) -> None:
    waiting(desk, 1)
    keyboard.page.add_init_script(
        "window.setTimeout = ((real) => (f, ms, ...more) => real(f, ms === 300 ? 1e9 : ms, ...more))(setTimeout)"
    )
    keyboard.page.goto(f"{keyboard.base}/console/")

    keyboard.page.keyboard.press(key)

    expect(keyboard.page.locator("html")).to_have_attribute("data-keys", "asleep")
    assert desk.sql("SELECT count(*) FROM claim")[0][0] == 0


def test_who_comes_to_a_page_by_a_key_goes_on_at_once(desk: Desk, keyboard: Keyboard) -> None:
    waiting(desk, 1)
    keyboard.page.goto(f"{keyboard.base}/console/")
    keyboard.start()

    expect(keyboard.page.locator("html")).to_have_attribute("data-keys", "awake")


def test_enter_burns_the_box_in_as_the_page_says(desk: Desk, keyboard: Keyboard) -> None:
    waiting(desk, 1)
    keyboard.open()

    with keyboard.page.expect_response(re.compile("/redactions$")) as burnt:
        keyboard.press("x", "+", "Enter")

    assert burnt.value.ok
    assert (burnt.value.request.post_data or "").count("box=") == 1


def test_enter_burns_in_after_a_click_on_add_a_box_too(desk: Desk, keyboard: Keyboard) -> None:
    waiting(desk, 1)
    keyboard.open()
    keyboard.press("x")

    with keyboard.page.expect_response(re.compile("/redactions$")) as burnt:
        keyboard.page.get_by_role("button", name="Add a box").click()
        keyboard.press("Enter")

    assert (burnt.value.request.post_data or "").count("box=") == 1


def test_every_decision_within_its_window_can_be_undone_one_after_the_other(desk: Desk, keyboard: Keyboard) -> None:
    waiting(desk, 3)
    keyboard.open()
    for _ in range(3):
        keyboard.done("r", "1", "Enter", said="Rejected")
    expect(keyboard.page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    expect(keyboard.page.locator("[data-undo='said']")).to_have_text(re.compile("and 2 before it$"))

    for left in (2, 1, 0):
        keyboard.undo()
        assert desk.sql("SELECT count(*) FROM submission WHERE state = 'rejected'")[0][0] == left

    keyboard.press("u")
    expect(keyboard.page.locator("#said")).to_have_text("There is no decision to undo.")


def test_a_decision_is_undone_from_the_queue_and_after_the_page_was_loaded_anew(desk: Desk, keyboard: Keyboard) -> None:
    waiting(desk, 1)
    keyboard.open()
    keyboard.done("r", "1", "Enter", said="Rejected")
    keyboard.page.goto(f"{keyboard.base}/console/")
    expect(keyboard.page.locator("form[data-undo]")).to_be_visible()

    keyboard.come_to_a_case(lambda: keyboard.press("u"))

    assert desk.sql("SELECT state FROM submission")[0][0] == "in_review"


def test_who_undoes_too_late_is_told_so(desk: Desk, keyboard: Keyboard) -> None:
    waiting(desk, 2)
    keyboard.open()
    keyboard.done("r", "1", "Enter", said="Rejected")
    keyboard.page.evaluate("performance.now = ((now) => () => now() + 60_000)(performance.now.bind(performance))")

    keyboard.press("u")

    expect(keyboard.page.locator("#said")).to_have_text(re.compile("^The time to undo is over: Rejected"))


def test_a_claim_that_ends_by_itself_leaves_the_focus_in_the_note(desk: Desk, keyboard: Keyboard) -> None:
    waiting(desk, 1)
    keyboard.open()
    keyboard.press("n")
    keyboard.type("half a")
    desk.sql("UPDATE claim SET state = 'expired', ended_at = now()")
    other = desk.claim_next("r-2")
    assert other is not None
    keyboard.page.evaluate("performance.now = ((now) => () => now() + 3_600_000)(performance.now.bind(performance))")

    keyboard.page.locator("[data-conflict-message]").wait_for()
    keyboard.type(" word")

    expect(keyboard.page.get_by_label("Private note")).to_have_value("half a word")


def test_six_approvals_in_a_row_without_a_look_are_none(desk: Desk, page: Page) -> None:
    quick = desk.over(with_review(desk.tools, least_look_seconds={"avatar": LOOK_SECONDS}))
    waiting(quick, 2)
    for keyboard in signed_in(quick, page):
        keyboard.open()

        for _ in range(6):
            with page.expect_response(re.compile("/decision$")) as refused:
                keyboard.press("0", "a")
            assert refused.value.status == 422
            page.locator("[aria-busy]").wait_for(state="detached")

        expect(page.locator('[data-problem=""]')).to_have_text(re.compile("^Look at the picture first"))
        assert quick.sql("SELECT sum(hasty) FROM claim")[0][0] == 6
        assert quick.sql("SELECT count(*) FROM decision")[0][0] == 0


@pytest.mark.parametrize(
    ("typed", "code", "acts"),
    [
        ("ф", "KeyA", "approve"),
        ("&", "Digit1", "question"),
        ("ü", "BracketLeft", "turned"),
        ("+", "BracketRight", "zoomed"),
    ],
)
def test_a_key_is_found_by_its_place_on_other_keyboards(
    desk: Desk, keyboard: Keyboard, typed: str, code: str, acts: str
) -> None:
    waiting(desk, 1)
    keyboard.open()
    before = keyboard.page.locator("[data-canvas]").get_attribute("style")

    keyboard.page.evaluate(
        "([key, code]) => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, code, bubbles: true, cancelable: true}))",
        [typed, code],
    )

    page = keyboard.page
    if acts == "approve":
        expect(page.locator("[aria-invalid]").first).to_be_attached()
    elif acts == "question":
        expect(page.locator('[data-digit="1"] input[value="yes"]')).to_be_checked()
    else:
        expect(page.locator("[data-canvas]")).not_to_have_attribute("style", str(before))


@pytest.mark.parametrize("keys", [{"isComposing": True}, {"keyCode": 229}])
def test_what_an_input_method_composes_sends_nothing(desk: Desk, keyboard: Keyboard, keys: dict[str, object]) -> None:
    waiting(desk, 1)
    keyboard.open()
    keyboard.press("e")
    keyboard.type("Please look")

    handled = keyboard.page.evaluate(
        """(more) => {
          const event = new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true, cancelable: true, ...more});
          if (more.keyCode) Object.defineProperty(event, "keyCode", {value: more.keyCode});
          document.activeElement.dispatchEvent(event);
          return event.defaultPrevented;
        }""",
        keys,
    )

    assert handled is False
    assert desk.sql("SELECT count(*) FROM escalation")[0][0] == 0


def kept(page: Page) -> None:
    """What was typed has been put away, which happens a moment after the last letter."""
    page.locator("article.case[data-kept='yes']").wait_for()


def test_what_was_typed_outlives_a_reload_and_is_not_to_be_read_in_the_browser(desk: Desk, keyboard: Keyboard) -> None:
    waiting(desk, 1)
    keyboard.open()
    keyboard.press("1", "n")
    keyboard.type("Ask the lead about the badge")
    kept(keyboard.page)
    keyboard.press("Escape")

    keyboard.come_to_a_case(keyboard.page.reload)

    expect(keyboard.page.get_by_label("Private note")).to_have_value("Ask the lead about the badge")
    expect(keyboard.page.locator('[data-digit="1"] input[value="yes"]')).to_be_checked()
    assert "badge" not in keyboard.page.evaluate("JSON.stringify(localStorage)")


def test_a_draft_goes_with_the_decision(desk: Desk, keyboard: Keyboard) -> None:
    waiting(desk, 1)
    keyboard.open()
    keyboard.press("n")
    keyboard.type("Not for long")
    kept(keyboard.page)
    keyboard.press("Escape")

    keyboard.done("r", "1", "Enter", said="Rejected")

    until(lambda: not keyboard.page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('draft:'))"))


def test_what_was_typed_outlives_the_session(desk: Desk, page: Page) -> None:
    person(desk.tools, "m.lee", roles=[Role.REVIEWER])
    waiting(desk, 1)
    with serving(desk.tools) as base:
        keyboard = Keyboard(page, base)
        keyboard.sign_in("m.lee")
        keyboard.start()
        keyboard.press("0", "n")
        keyboard.type("She is the owner")
        keyboard.press("Escape")
        kept(page)
        desk.sql("DELETE FROM session")

        keyboard.press("r", "1", "Enter")
        expect(page.get_by_text("What you typed is kept in this browser")).to_be_visible()
        keyboard.press("Enter")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Name").fill("m.lee")
        keyboard.come_to_a_case(lambda: page.get_by_role("button", name="Sign in").click())

        expect(page.get_by_label("Private note")).to_have_value("She is the owner")
        expect(page.locator(".question input:checked")).to_have_count(2)


def test_who_comes_back_to_a_case_that_they_had_lost_finds_what_they_typed(desk: Desk, keyboard: Keyboard) -> None:
    waiting(desk, 1)
    keyboard.open()
    keyboard.press("n")
    keyboard.type("Where was I")
    kept(keyboard.page)
    keyboard.press("Escape")
    first = keyboard.claim
    keyboard.go("g", "q")
    keyboard.page.locator("#queue").wait_for()

    keyboard.start()

    assert keyboard.claim != first
    expect(keyboard.page.get_by_label("Private note")).to_have_value("Where was I")


def test_the_queue_soon_knows_that_the_page_before_gave_its_cases_back(desk: Desk, keyboard: Keyboard) -> None:
    waiting(desk, 2)
    keyboard.open()
    until(lambda: desk.sql("SELECT count(*) FROM claim WHERE state = 'live'")[0][0] == 2)

    keyboard.page.goto(f"{keyboard.base}/console/")

    expect(keyboard.page.get_by_text("2 cases wait for you")).to_be_visible(timeout=10_000)
