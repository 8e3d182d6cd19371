"""The member's page in a real Chromium: the steps by all three methods, the drop box, and nothing typed is lost."""

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from config.container import Container
from pipeline.intake.uploads import upload_slot
from pipeline.submission.tables import submission
from pipeline.tasks.rules import JUDGE_NUMBER
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.member_page import MemberPage
from tests.support.methods import GERMAN_WRONG, another, email_body, last_code, number_body
from tests.support.web import serving_as_told

TO_THE_STORE = "**/uploads/material/*"
LINK = "https://bluedoor.example.com"
ADDRESS = "ana@limatrading.example.com"
RETAILER = {"Store name": "Blue Door", "Store link": LINK}
LIMA = {"Company name": "Lima Trading"}


@pytest.fixture(scope="module")
def site(all_servers: Container) -> Iterator[Container]:
    """A web process for all of these tests, at the address to which its links lead."""
    with serving_as_told(all_servers) as told:
        yield told


@pytest.fixture
def member(page: Page, site: Container, desk: Desk) -> Iterator[MemberPage]:
    """The page of a member of whom nothing is known yet."""
    assert desk.rows(submission) == []
    found = MemberPage(page, site)
    yield found
    assert found.faults == []


def picture(*, width: int = 600, height: int = 400, kind: str = "JPEG") -> bytes:
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def dragged(body: bytes, name: str = "me.jpg", media_type: str = "image/jpeg") -> dict[str, Any]:
    return {"name": name, "type": media_type, "base64": base64.b64encode(body).decode()}


def test_a_member_unlocks_a_stage_by_materials(member: MemberPage, desk: Desk) -> None:
    member.begin("Verified member", "Online retailer", RETAILER, "Materials")
    member.choose("Screenshot of the store's back office", "orders.jpg", photo(), "image/jpeg")
    member.next()
    expect(member.page.get_by_role("alert").first).to_contain_text(
        "Store flow (statement of turnover): Please upload this."
    )
    member.choose("Store flow", "flow.jpg", photo(), "image/jpeg")
    member.next()
    expect(member.page.get_by_text("orders.jpg")).to_be_visible()
    member.send()

    card = member.card("Verified member: Materials")
    expect(card).to_contain_text("Result by")
    card.get_by_text("Why then?").click()
    expect(card).to_contain_text("4 working days (DE) from acceptance")
    desk.inspect()
    desk.approve()
    desk.run_due()
    member.look_again()

    expect(card).to_contain_text("The stage is unlocked.")
    expect(member.page.get_by_text("You are: Verified member")).to_be_visible()
    assert desk.rows(submission)[0].form == {"store_name": "Blue Door", "store_link": LINK}


def test_a_tax_number_is_judged_at_once_and_the_page_says_why_it_is_wrong(member: MemberPage, desk: Desk) -> None:
    member.begin("Verified member", "Wholesaler", LIMA, "Tax number")
    member.page.get_by_label("Country").select_option("DE")
    member.page.get_by_label("Tax number", exact=True).fill("DE 136 695 978")
    member.next()
    member.send()
    desk.run_due()
    member.look_again()

    card = member.card("Verified member: Tax number")
    expect(card).to_contain_text("check digit does not fit")
    expect(card).to_contain_text("4 chances are left by this method.")
    card.get_by_role("link", name="Try again").click()
    expect(member.page.get_by_role("radio", name="Wholesaler")).to_be_checked()
    member.next()
    expect(member.page.get_by_label("Company name")).to_have_value("Lima Trading")


def test_a_member_unlocks_a_stage_by_the_code_of_a_business_address(member: MemberPage, desk: Desk) -> None:
    member.begin("Verified member", "Wholesaler", LIMA, "Business e-mail")
    field = member.page.get_by_label("Business e-mail address")
    field.fill("ana@gmail.com")
    member.next()
    member.page.get_by_role("button", name="Submit", exact=True).click()
    expect(member.page.get_by_role("alert").first).to_contain_text("This provider gives mailboxes to everybody.")
    expect(field).to_have_value("ana@gmail.com")
    field.fill(ADDRESS)
    member.next()
    member.send()
    desk.run_due()

    card = member.card("Verified member: Business e-mail")
    code = last_code(desk, ADDRESS)
    card.get_by_label("Code from the e-mail").fill(another(code))
    card.get_by_role("button", name="Confirm").click()
    expect(card.get_by_role("alert")).to_contain_text("4 tries are left.")
    card.get_by_label("Code from the e-mail").fill(code)
    card.get_by_label("Code from the e-mail").press("Enter")
    expect(card).to_contain_text("Approved")
    desk.run_due()
    member.look_again()

    expect(card).to_contain_text("The stage is unlocked.")


def test_the_drop_box_says_what_is_wrong_before_anything_is_sent(member: MemberPage, desk: Desk) -> None:
    wrong = member.page.locator("aside").get_by_role("alert")

    member.drop([dragged(picture(kind="PNG"), "me.jpg")])
    expect(wrong).to_have_text("This is a PNG. Please choose a JPG.")
    member.drop([dragged(photo()), dragged(photo())])
    expect(wrong).to_have_text("Please drop one file only. You dropped 2.")
    member.drop([dragged(photo() + b"0" * 3 * 1024 * 1024)])
    expect(wrong).to_contain_text("At most 3 MB is possible.")
    member.drop([dragged(b"\xff\xd8\xff and nothing that can be opened")])
    expect(wrong).to_contain_text("This picture cannot be opened.")

    assert desk.rows(upload_slot) == []


def test_a_dragged_picture_is_cropped_uploaded_reviewed_and_public(member: MemberPage, desk: Desk) -> None:
    member.drop([dragged(picture(kind="PNG"), "me.jpg")])
    member.drop([dragged(picture())])
    crop = member.page.get_by_role("img", name="Move and zoom the picture")
    expect(crop).to_be_focused()
    crop.press("ArrowRight")
    crop.press("+")
    member.page.get_by_role("button", name="Upload picture").click()

    status = member.page.locator("#avatar-status")
    expect(status).to_contain_text("It shows by")
    (slot,) = desk.rows(upload_slot)
    body = desk.tools.storage.read(desk.tools.storage.uploads, slot.key)
    assert body is not None
    assert Image.open(io.BytesIO(body)).size == (364, 364)
    desk.inspect()
    desk.approve()
    desk.run_due()
    member.look_again()

    expect(status).to_contain_text("Your picture was approved.")
    shown = member.page.get_by_role("img", name="Your public picture")
    assert shown.evaluate("async (image) => { await image.decode(); return image.naturalWidth > 0; }")


def test_a_file_that_inspection_refuses_is_explained_in_words(member: MemberPage, desk: Desk) -> None:
    member.begin("Verified member", "Wholesaler", LIMA, "Materials")
    member.choose("Bank statement", "may.png", b"\xef\xbb\xbf\n%PDF-1.4 and nothing else", "image/png")
    member.next()
    member.send()
    desk.run_due()
    member.look_again()

    card = member.card("Verified member: Materials")
    expect(card).to_contain_text("The PDF is damaged and cannot be shown.")
    expect(card).to_contain_text("No chance was spent.")


def once_there_is(told: Locator) -> Callable[[Route], None]:
    """Lets a request go on once the page tells that."""

    def go_on(request: Route) -> None:
        told.wait_for()
        request.continue_()

    return go_on


def test_a_file_whose_upload_breaks_off_is_kept_and_sent_again(member: MemberPage, desk: Desk) -> None:
    member.page.route(TO_THE_STORE, lambda route: route.abort(), times=1)
    member.begin("Verified member", "Wholesaler", LIMA, "Materials")
    box = member.page.get_by_role("group", name="Bank statement")
    file: FilePayload = {"name": "may.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    box.locator("input[type=file]").set_input_files(file)
    expect(box.get_by_role("alert")).to_contain_text("Your file is still here.")

    told = member.page.get_by_role("alert").filter(has_text="Please wait until it is uploaded.").first
    member.page.route(TO_THE_STORE, once_there_is(told))
    box.get_by_role("button", name="Try again").click()
    expect(box.get_by_role("progressbar", name="Uploading may.jpg")).to_be_visible()
    member.next()
    expect(told).to_be_visible()

    expect(box.get_by_text("Uploaded")).to_be_visible()
    kept = [desk.tools.storage.read(desk.tools.storage.uploads, slot.key) for slot in desk.rows(upload_slot)]
    assert [each is not None for each in kept] == [False, True]


def test_a_method_without_chances_is_closed_and_the_others_stay_open(member: MemberPage, desk: Desk) -> None:
    for _ in range(desk.tools.policy.attempts.per_method):
        desk.accept(number_body(*GERMAN_WRONG))
        desk.run_due(JUDGE_NUMBER)
    member.look_again()

    card = member.card("Verified member: Tax number")
    expect(card).to_contain_text("No chance is left by this method; another one may be open.")
    member.page.get_by_role("button", name="Unlock Verified member").click()
    member.page.get_by_role("radio", name="Wholesaler").check()
    member.next()
    member.page.get_by_label("Company name").fill("Lima Trading")
    member.next()

    expect(member.page.get_by_role("radio", name="Tax number")).to_be_disabled()
    expect(member.page.get_by_role("radio", name="Materials")).to_be_enabled()


def test_what_was_typed_outlasts_a_lost_connection_and_is_submitted_once(member: MemberPage, desk: Desk) -> None:
    member.begin("Verified member", "Wholesaler", LIMA, "Business e-mail")
    member.page.get_by_label("Business e-mail address").fill(ADDRESS)
    member.next()
    member.page.context.set_offline(True)
    member.page.get_by_role("button", name="Submit", exact=True).click()
    expect(member.page.get_by_text("You are offline.")).to_be_visible()
    expect(member.page.get_by_role("alert").first).to_contain_text("Nothing is lost")
    assert desk.rows(submission) == []

    member.page.context.set_offline(False)
    member.send()

    assert [row.form for row in desk.rows(submission)] == [{"company_name": "Lima Trading"}]
    expect(member.page.get_by_text("You are offline.")).to_be_hidden()


def test_what_was_typed_outlasts_the_session_but_is_not_shown_to_another_member(member: MemberPage, desk: Desk) -> None:
    member.begin("Verified member", "Wholesaler", LIMA, "Tax number")
    desk.sql("UPDATE member_session SET expires_at = now() - interval '1 second'")
    member.look_again()
    expect(member.page.get_by_text("Your session has ended.")).to_be_visible()

    member.follow(member.link())
    member.page.get_by_role("button", name="Unlock Verified member").click()
    expect(member.page.get_by_role("radio", name="Tax number")).to_be_checked()

    member.follow(member.link("m-2"))
    member.page.get_by_role("button", name="Unlock Verified member").click()
    expect(member.page.get_by_role("radio", name="Wholesaler")).not_to_be_checked()


def test_a_link_works_once_and_its_tab_can_be_loaded_again(member: MemberPage) -> None:
    url = member.link()
    member.follow(url)
    member.heading("Your membership")
    member.page.reload()
    member.heading("Your membership")

    member.follow(url)

    member.heading("This link cannot be used any more")


def test_the_page_looks_again_by_itself_at_what_may_have_changed(member: MemberPage, desk: Desk) -> None:
    desk.case_waiting("m-1", kind="verification")
    member.look_again()
    card = member.card("Verified member: Materials")
    expect(card).to_contain_text("Result by")
    desk.reject(message="Please scan all pages of May.")

    member.wake()

    expect(card).to_contain_text("Please scan all pages of May.")


def test_without_a_link_the_page_says_where_to_begin(page: Page, site: Container) -> None:
    page.goto(f"{site.settings.web_url}/member/")

    expect(page.get_by_role("heading")).to_have_text("Open this page from the member centre")


def framed(page: Page, member: MemberPage, outside: str) -> None:
    """A page of that origin with the member's page in a frame."""
    page.goto(f"{outside}/healthz")
    page.evaluate(
        "(src) => document.body.append(Object.assign(document.createElement('iframe'), { src }))", member.link()
    )


def test_the_member_centre_may_embed_the_page(page: Page, site: Container, member: MemberPage) -> None:
    framed(page, member, site.settings.member_centre_url)

    expect(page.frame_locator("iframe").get_by_role("heading", name="Your membership")).to_be_visible()


def test_nobody_else_may_embed_the_page(page: Page, site: Container, member: MemberPage) -> None:
    elsewhere = site.settings.member_centre_url.replace("localhost", "elsewhere.localhost")
    member.expected.append("frame-ancestors")

    with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        framed(page, member, elsewhere)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_part_fits_a_phone_and_keeps_nobody_out(member: MemberPage, desk: Desk, colours: Any) -> None:
    page = member.page
    page.emulate_media(color_scheme=colours)
    page.set_viewport_size({"width": 390, "height": 844})
    _judged(desk)
    member.look_again()
    expect(member.card("Trusted member: Materials")).to_be_visible()
    expect(member.card("Verified member: Business e-mail").get_by_label("Code")).to_be_visible()
    member.drop([dragged(picture())])
    expect(page.get_by_role("button", name="Upload picture")).to_be_visible()
    found = [(page.evaluate("document.documentElement.scrollWidth"), member.barriers())]
    retailer = {"Store name": "Blue Door", "Store address": "1 Harbour Street"}
    page.get_by_role("button", name="Verify in another way: Verified member").click()
    member.steps("Offline retailer", retailer, "Materials")
    member.next()

    found.append((page.evaluate("document.documentElement.scrollWidth"), member.barriers()))

    assert found == [(390, []), (390, [])]


def _judged(desk: Desk) -> None:
    """A verification that was rejected, and an address that waits for its code."""
    desk.case_waiting("m-1", kind="verification", stage="trusted")
    desk.reject(message="Please scan all pages of May.")
    desk.accept(email_body(ADDRESS))
    desk.run_due()


def test_the_steps_go_by_keyboard_alone(member: MemberPage, desk: Desk) -> None:
    keyboard = member.page.keyboard
    member.page.get_by_role("button", name="Unlock Verified member").focus()
    keyboard.press("Enter")
    expect(member.page.get_by_role("heading", level=1)).to_be_focused()
    for key in ("Tab", "ArrowDown", "ArrowDown", "Tab", "Enter", "Tab"):
        keyboard.press(key)
    keyboard.type("Lima Trading")
    for key in ("Tab", "Tab", "Enter", "Tab", "Space", "ArrowDown", "Tab"):
        keyboard.press(key)
    keyboard.press("g")
    expect(member.page.get_by_label("Country")).to_have_value("DE")
    keyboard.press("Tab")
    keyboard.type("136695976")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(member.page.get_by_text("Is everything right?")).to_be_visible()
    member.page.get_by_role("button", name="Submit", exact=True).focus()
    keyboard.press("Enter")
    member.heading("What you submitted")

    (row,) = desk.rows(submission)
    assert (row.identity, row.form, row.method) == ("wholesaler", {"company_name": "Lima Trading"}, "tax_number")
