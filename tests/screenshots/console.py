"""The console's pages, each brought to the moment that is worth a picture."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from typing import Final

from playwright.sync_api import Locator, Page, expect

from pipeline.access.staff import sessions
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.review.claims.service import claim_next
from schemas.claims import Claim
from tests.screenshots import people, quality
from tests.support.desk import Desk
from tests.support.scene import send_avatar, send_papers
from web.console.session import cookie_name

_PEOPLE = count(1)


def prepare(desk: Desk) -> None:
    """A queue of avatars and papers, one member with a history."""
    send_avatar(desk, 1, "portrait")
    desk.inspect()
    desk.approve(desk.claimed("a.kim"))
    desk.run_due()
    desk.sql("UPDATE task SET due_at = now()")
    desk.run_due()
    send_avatar(desk, 1, "half_body_mirrored", due_in=timedelta(minutes=38))
    for number, photo in enumerate(("close_up", "progressive", "greyscale", "cat"), 2):
        send_avatar(desk, number, photo, due_in=timedelta(hours=3 * number))
    for number in range(10, 14):
        send_papers(desk, number, due_in=timedelta(hours=5 * number - 49))
    for number, identity in ((20, "online_retailer"), (21, "offline_retailer")):
        send_papers(desk, number, identity, due_in=timedelta(hours=number))
    desk.inspect()
    quality.prepare(desk)


def sign_in(page: Page, _desk: Desk, base: str) -> None:
    page.goto(f"{base}/console/sign-in")


def queue(page: Page, desk: Desk, base: str) -> None:
    _person(page, desk, base)
    page.goto(f"{base}/console/")


def avatar(page: Page, desk: Desk, base: str) -> None:
    _open(page, desk, base, "avatar")
    page.keyboard.press("1")


def papers(page: Page, desk: Desk, base: str) -> None:
    _open(page, desk, base, "verification")
    page.keyboard.press("v")
    page.keyboard.press("0")
    page.keyboard.press("a")
    page.wait_for_selector(".problem:not([hidden])")


def covered(page: Page, desk: Desk, base: str) -> None:
    _open(page, desk, base, "verification")


def compare(page: Page, desk: Desk, base: str) -> None:
    _open(page, desk, base, "avatar")
    page.keyboard.press("c")
    _loaded(page.locator("[data-beside-pane] img"))


def reject(page: Page, desk: Desk, base: str) -> None:
    _open(page, desk, base, "avatar")
    page.keyboard.press("r")
    page.keyboard.press("1")


def redact(page: Page, desk: Desk, base: str) -> None:
    _open(page, desk, base, "avatar")
    for key in ("x", "+", "ArrowUp", "Shift+ArrowRight"):
        page.keyboard.press(key)


def mail(page: Page, desk: Desk, base: str) -> None:
    _open(page, desk, base, "avatar")
    page.keyboard.press("m")
    page.frame_locator("iframe[name=mail-frame]").locator("p").first.wait_for()


def keys(page: Page, desk: Desk, base: str) -> None:
    _open(page, desk, base, "avatar")
    page.keyboard.press("?")


def undo(page: Page, desk: Desk, base: str) -> None:
    _open(page, desk, base, "avatar", kinds=("avatar",))
    page.keyboard.press("r")
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_have_text(re.compile("^Rejected"))
    page.locator(".bar-undo").wait_for()


def late(page: Page, desk: Desk, base: str) -> None:
    held = _open(page, desk, base, "avatar")
    page.keyboard.press("n")
    page.keyboard.type("Same person as on the old picture, I think.")
    page.keyboard.press("Escape")
    desk.sql("UPDATE claim SET state = 'released', ended_at = now() WHERE id = :id", id=held.id)
    page.keyboard.press("0")
    page.keyboard.press("a")
    page.wait_for_selector("[data-conflict-message]")


def nothing(page: Page, desk: Desk, base: str) -> None:
    _person(page, desk, base, languages=("fr",))
    page.goto(f"{base}/console/")


PAGES: Final[Mapping[str, Callable[[Page, Desk, str], None]]] = {
    "sign-in": sign_in,
    "queue": queue,
    "nothing": nothing,
    "avatar": avatar,
    "papers": papers,
    "covered": covered,
    "compare": compare,
    "reject": reject,
    "redact": redact,
    "mail": mail,
    "keys": keys,
    "late": late,
    "undo": undo,
    **people.PAGES,
    **quality.PAGES,
}


def _person(page: Page, desk: Desk, base: str, *, languages: tuple[str, ...] = ()) -> str:
    reviewer = f"m.lee-{next(_PEOPLE)}"
    add_reviewer(reviewer, name="M. Lee", roles=[Role.REVIEWER], languages=languages, db=desk.tools.db)
    with desk.tools.db.begin() as connection:
        token = sessions.begin(connection, reviewer, proof="test", rules=desk.tools.policy.sign_in)
    page.context.add_cookies([{"name": cookie_name(desk.tools), "value": token, "url": base}])
    return reviewer


def _open(page: Page, desk: Desk, base: str, queue: str, *, kinds: tuple[str, ...] = ()) -> Claim:
    reviewer = _person(page, desk, base)
    desk.sql("UPDATE claim SET state = 'released', ended_at = now() WHERE state = 'live'")
    held = claim_next(reviewer_id=reviewer, queues=[queue], kinds=kinds, context=desk.tools.review)
    assert held is not None
    page.goto(f"{base}/console/cases/{held.id}")
    _loaded(page.locator("[data-canvas]:not([hidden]) img"))
    page.locator("[data-slot=lease]").wait_for()
    page.locator("html[data-keys='awake']").wait_for()
    return held


def _loaded(image: Locator) -> None:
    expect(image).not_to_have_js_property("naturalWidth", 0)
