"""The pages of people, keys and the policy, and a person's own, each brought to the moment that is worth a picture."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Final

import pyotp
from playwright.sync_api import Page

from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff import sessions
from pipeline.access.staff.factors.tables import second_factor
from pipeline.access.staff.invitations import invite, set_password
from pipeline.access.staff.ownership import record_opening
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.sessions import Origin
from pipeline.kernel import clock
from pipeline.workflows.reviewers import disable, relate
from tests.support.desk import Desk
from tests.support.people import PASSWORD
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


def account(page: Page, desk: Desk, base: str) -> None:
    reviewer = _administrator(page, desk, base, roles=[Role.REVIEWER, Role.ADMIN])
    relate(reviewer, "company", "Blue Door Ltd", actor=reviewer, db=desk.tools.db)
    page.goto(f"{base}/console/account")
    page.get_by_role("button", name="Add an authenticator app").click()
    totp = pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", ""))
    page.get_by_label("The code that it shows").fill(totp.now())
    page.keyboard.press("Enter")
    page.locator("#codes").wait_for()


def app(page: Page, desk: Desk, base: str) -> None:
    _administrator(page, desk, base)
    page.goto(f"{base}/console/account")
    page.get_by_role("button", name="Add an authenticator app").click()
    page.locator("#secret").wait_for()


def second_step(page: Page, desk: Desk, base: str) -> None:
    reviewer = _administrator(page, desk, base)
    set_password(reviewer, PASSWORD, actor=reviewer, context=desk.tools.sign_in_context)
    with desk.tools.db.begin() as connection:
        sealed = desk.tools.sealer.seal(pyotp.random_base32(), place=f"second_factor:{reviewer}")
        connection.execute(
            second_factor.insert().values(reviewer_id=reviewer, totp=sealed, totp_step=0, totp_at=clock.now())
        )
    page.context.clear_cookies()
    page.goto(f"{base}/console/sign-in")
    page.get_by_label("Name").fill(reviewer)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code of your app").fill("000000")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()


def again(page: Page, desk: Desk, base: str) -> None:
    _administrator(page, desk, base)
    desk.sql("UPDATE session SET proved_at = now() - interval '1 hour'")
    page.goto(f"{base}/console/people")
    page.get_by_label("Password").wait_for()


def opened(page: Page, desk: Desk, base: str) -> None:
    reviewer = _administrator(page, desk, base)
    add_reviewer("p.okafor", name="P. Okafor", db=desk.tools.db)
    with desk.tools.db.begin() as connection:
        record_opening(connection, "p.okafor", by=reviewer, how="invitation")
        agent = Origin("Mozilla/5.0 (X11; Linux x86_64) Firefox/146.0", "192.0.2.7")
        sessions.begin(connection, "p.okafor", proof="password", rules=desk.tools.policy.sign_in, origin=agent)
    page.goto(f"{base}/console/people/p.okafor")


def relations(page: Page, desk: Desk, base: str) -> None:
    reviewer = _administrator(page, desk, base)
    add_reviewer("a.kim", name="A. Kim", db=desk.tools.db)
    relate("a.kim", "member", "member-17", actor=reviewer, db=desk.tools.db)
    relate("a.kim", "company", "Blue Door Ltd", actor=reviewer, db=desk.tools.db)
    page.goto(f"{base}/console/relations")


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
    create_key("desk-integration", [Scope.SUBMIT], reviewer_id=None, actor=reviewer, db=desk.tools.db)
    page.goto(f"{base}/console/keys")
    page.get_by_label("Whose key it is").fill("member-centre")
    page.get_by_label("submit", exact=True).check()
    page.get_by_role("button", name="Make it").click()
    page.locator("#key").wait_for()


def policy(page: Page, desk: Desk, base: str) -> None:
    _administrator(page, desk, base)
    page.goto(f"{base}/console/policy")


PAGES: Final[Mapping[str, Callable[[Page, Desk, str], None]]] = {
    "sign-in-refused": refused,
    "invitation": invitation,
    "preferences": preferences,
    "account": account,
    "account-app": app,
    "sign-in-second": second_step,
    "sign-in-again": again,
    "people": people,
    "person-opened": opened,
    "relations": relations,
    "people-invited": invited,
    "api-keys": keys,
    "policy": policy,
}


def _administrator(page: Page, desk: Desk, base: str, *, roles: Sequence[Role] = (Role.ADMIN,)) -> str:
    reviewer = f"admin-{next(_PEOPLE)}"
    add_reviewer(reviewer, name="C. Adler", roles=roles, db=desk.tools.db)
    with desk.tools.db.begin() as connection:
        token = sessions.begin(connection, reviewer, proof="test", rules=desk.tools.policy.sign_in)
    page.context.add_cookies([{"name": cookie_name(desk.tools), "value": token, "url": base}])
    return reviewer
