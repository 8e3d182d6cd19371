"""The pages of people, keys and the policy, and a person's own, each brought to the moment that is worth a picture."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Final

from playwright.sync_api import Page

from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff import sessions
from pipeline.access.staff.invitations import invite
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.workflows.disable_reviewer import disable
from tests.support.desk import Desk
from web.console.session import cookie_name

_PEOPLE = count(1)


def refused(page: Page, _desk: Desk, base: str) -> None:
    page.goto(f"{base}/console/sign-in")
    page.get_by_label("Name").fill("m.lee")
    page.get_by_label("Password").fill("not this one")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()


def invitation(page: Page, desk: Desk, base: str) -> None:
    add_reviewer("a.novak", name="A. Novak", db=desk.tools.db)
    token = invite("a.novak", actor="test", db=desk.tools.db, rules=desk.tools.policy.sign_in)
    page.goto(f"{base}/console/invitation?token={token}")
    page.get_by_label("New password").fill("correct horse battery")
    page.get_by_label("The same once more").fill("correct horse")
    page.keyboard.press("Enter")
    page.locator("#again_problem").wait_for()


def preferences(page: Page, desk: Desk, base: str) -> None:
    _administrator(page, desk, base)
    page.goto(f"{base}/console/preferences")


def people(page: Page, desk: Desk, base: str) -> None:
    _administrator(page, desk, base)
    for reviewer, name, roles, languages in (
        ("a.kim", "A. Kim", [Role.SENIOR], ["en", "zh"]),
        ("j.ortiz", "J. Ortiz", [Role.LEAD], ["es"]),
        ("t.brandt", "T. Brandt", [Role.REVIEWER], []),
    ):
        add_reviewer(reviewer, name=name, roles=roles, languages=languages, db=desk.tools.db)
    disable("t.brandt", actor="test", db=desk.tools.db)
    page.goto(f"{base}/console/people")


def invited(page: Page, desk: Desk, base: str) -> None:
    number = next(_PEOPLE)
    _administrator(page, desk, base)
    page.goto(f"{base}/console/people")
    page.get_by_label("Id", exact=True).fill(f"s.rossi-{number}")
    page.get_by_label("Name", exact=True).fill("S. Rossi")
    page.get_by_label("Languages").fill("en, zh-hans")
    page.get_by_role("button", name="Add and make a link").click()
    page.locator("#link").wait_for()


def keys(page: Page, desk: Desk, base: str) -> None:
    reviewer = _administrator(page, desk, base)
    create_key("desk-integration", [Scope.REVIEW], reviewer_id=reviewer, actor=reviewer, db=desk.tools.db)
    page.goto(f"{base}/console/keys")
    page.get_by_label("Whose key it is").fill("member-centre")
    page.get_by_label("submit").check()
    page.get_by_role("button", name="Make it").click()
    page.locator("#key").wait_for()


def policy(page: Page, desk: Desk, base: str) -> None:
    _administrator(page, desk, base)
    page.goto(f"{base}/console/policy")


PAGES: Final[Mapping[str, Callable[[Page, Desk, str], None]]] = {
    "sign-in-refused": refused,
    "invitation": invitation,
    "preferences": preferences,
    "people": people,
    "people-invited": invited,
    "api-keys": keys,
    "policy": policy,
}


def _administrator(page: Page, desk: Desk, base: str) -> str:
    reviewer = f"admin-{next(_PEOPLE)}"
    add_reviewer(reviewer, name="C. Adler", roles=[Role.ADMIN], db=desk.tools.db)
    with desk.tools.db.begin() as connection:
        token = sessions.begin(connection, reviewer, proof="test", rules=desk.tools.policy.sign_in)
    page.context.add_cookies([{"name": cookie_name(desk.tools), "value": token, "url": base}])
    return reviewer
