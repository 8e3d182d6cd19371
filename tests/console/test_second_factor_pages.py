"""Second factors in a real browser, whose passkeys are those of Chromium's own virtual authenticator."""

import re
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Page, expect

from config.container import Container
from pipeline.access.staff.rules.roles import Role
from tests.support.factors import let_codes_pass, let_time_pass
from tests.support.people import PASSWORD, hasty, person
from tests.support.servers import variant
from tests.support.web import serving_as_told


@pytest.fixture
def told(tools: Container) -> Iterator[Container]:
    """The web process at the name under which a browser on this machine has passkeys."""
    with serving_as_told(hasty(tools)) as served:
        address = served.settings.web_url.replace("127.0.0.1", "localhost")
        served.__dict__["factor_context"] = variant(served, web_url=address).factor_context
        yield served


@pytest.fixture
def base(told: Container) -> str:
    return told.settings.web_url.replace("127.0.0.1", "localhost")


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/console/sign-in")
    page.get_by_label("Name").fill("m.lee")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/console/sign-in"))


def sign_out(page: Page) -> None:
    page.locator("summary", has_text="m.lee").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_text("You are signed out.").wait_for()


def test_a_passkey_is_added_and_signs_in_and_once_more(told: Container, page: Page, base: str) -> None:
    person(told, roles=[Role.ADMIN])
    authenticator = page.context.new_cdp_session(page)
    authenticator.send("WebAuthn.enable")
    known = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    options = {**known, "hasResidentKey": True, "automaticPresenceSimulation": True}
    authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, base)
    page.goto(f"{base}/console/account")
    page.get_by_label("Name of a new passkey").fill("laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#codes li")).to_have_count(10)
    expect(page.get_by_text("Passkey laptop")).to_be_visible()
    sign_out(page)

    sign_in(page, base)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("link", name="People").first).to_be_visible()

    let_time_pass(told, minutes=11)
    page.goto(f"{base}/console/people")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/console/people$"))
    expect(page.get_by_role("heading", name="People")).to_be_visible()


def test_an_app_is_added_and_asked_for(told: Container, page: Page, base: str) -> None:
    person(told, roles=[Role.ADMIN])
    sign_in(page, base)
    page.goto(f"{base}/console/account")
    page.get_by_role("button", name="Add an authenticator app").click()
    expect(page.get_by_role("img", name="The secret for the app as a QR code")).to_be_visible()
    app = pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", ""))
    page.get_by_label("The code that it shows").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(re.compile("does not fit"))
    page.get_by_label("The code that it shows").fill(app.now())
    page.keyboard.press("Enter")
    expect(page.locator("#codes li")).to_have_count(10)
    sign_out(page)
    let_codes_pass(told)

    page.goto(f"{base}/console/people")
    page.get_by_label("Name").fill("m.lee")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code of your app").fill(app.now())
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/console/people$"))
