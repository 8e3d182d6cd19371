import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from config.container import Container
from pipeline.access.staff.rules.roles import Role
from tests.support.people import PASSWORD, hasty, person
from tests.support.web import serving


@pytest.fixture
def base(tools: Container) -> Iterator[str]:
    with serving(hasty(tools)) as address:
        yield address


def sign_in(page: Page, base: str, name: str, password: str = PASSWORD) -> None:
    page.goto(f"{base}/console/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def test_a_person_signs_in_past_a_wrong_password_and_signs_out(tools: Container, page: Page, base: str) -> None:
    person(hasty(tools))

    page.goto(f"{base}/console/preferences")
    sign_in(page, base, "m.lee", "not this one")
    expect(page.get_by_role("alert")).to_have_text(re.compile("The name or the password is not right."))
    expect(page.get_by_label("Name")).to_have_value("m.lee")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#queue")).to_be_visible()
    page.goto(f"{base}/console/preferences")
    page.get_by_label("dark").check()
    page.get_by_role("button", name="Keep the look").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("summary", has_text="m.lee").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text(["You are signed out."])
    page.goto(f"{base}/console/preferences")
    expect(page).to_have_url(re.compile("/console/sign-in"))


def test_after_too_many_failures_a_person_reads_how_long_to_wait(tools: Container, page: Page, base: str) -> None:
    person(hasty(tools))
    for _ in range(tools.policy.sign_in.tries_per_account):
        sign_in(page, base, "m.lee", "not this one")
        page.get_by_role("alert").wait_for()

    sign_in(page, base, "m.lee")

    expect(page.get_by_role("alert")).to_have_text(re.compile(r"Wait \d+ seconds, then try again."))


def test_an_administrator_adds_somebody_who_then_chooses_a_password(
    tools: Container, page: Page, base: str, browser: Browser
) -> None:
    person(hasty(tools), "admin", roles=[Role.ADMIN])
    sign_in(page, base, "admin")
    page.get_by_role("link", name="People").click()
    page.get_by_label("Id", exact=True).fill("a.novak")
    page.get_by_role("button", name="Add and make a link").click()
    link = page.locator("#link").inner_text()

    with browser.new_context() as theirs:
        other = theirs.new_page()
        other.goto(base + link.removeprefix(tools.settings.web_url))
        other.get_by_label("New password").fill(PASSWORD)
        other.get_by_label("The same once more").fill(PASSWORD)
        other.keyboard.press("Enter")
        expect(other.locator("#queue")).to_be_visible()
        page.get_by_role("button", name="Sign out everywhere").click()
        expect(page.get_by_text("Signed out everywhere.")).to_be_visible()
        other.goto(f"{base}/console/preferences")
        expect(other).to_have_url(re.compile("/console/sign-in"))


def test_a_key_is_shown_once_and_revoked(tools: Container, page: Page, base: str) -> None:
    person(hasty(tools), "admin", roles=[Role.ADMIN])
    sign_in(page, base, "admin")
    page.get_by_role("link", name="Keys").click()
    page.get_by_label("Whose key it is").fill("member-centre")
    page.get_by_label("submit", exact=True).check()
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#key")).to_have_text(re.compile(r"^pd_\w+_"))

    page.goto(f"{base}/console/keys")
    expect(page.locator("#key")).to_have_count(0)
    page.get_by_role("button", name="Rotate member-centre").click()
    expect(page.locator("#key")).to_have_text(re.compile(r"^pd_\w+_"))
    page.get_by_role("button", name="Revoke member-centre").first.click()

    expect(page.get_by_text("revoked")).to_be_visible()


def test_an_administrator_reads_on_which_days_work_is_done(tools: Container, page: Page, base: str) -> None:
    person(hasty(tools), roles=[Role.ADMIN])
    sign_in(page, base, "m.lee")
    page.locator("#queue").wait_for()

    page.goto(f"{base}/console/policy")

    expect(page.get_by_text("Monday, Tuesday, Wednesday, Thursday, Friday", exact=True)).to_be_visible()
