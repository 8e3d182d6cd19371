"""People at the console with a second factor."""

import re
from datetime import timedelta
from typing import Any

import pyotp
from sqlalchemy import func, update

from config.container import Container
from pipeline.access.staff.tables import session
from tests.support.authenticator import Authenticator
from tests.support.people import PASSWORD, Visitor
from tests.support.servers import variant


def with_sign_in(tools: Container, **changed: Any) -> Container:
    """The same clients under a policy with other rules of signing in; passwords are hashed as before."""
    policy = tools.policy.model_copy(update={"sign_in": tools.policy.sign_in.model_copy(update=changed)})
    made = variant(tools, policy=policy)
    made.__dict__["sign_in_context"] = type(tools.sign_in_context)(
        tools.db, tools.sign_in_context.passwords, policy.sign_in
    )
    return made


def app_added(browser: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Add an app in this browser; the app, and the recovery codes that came with it."""
    browser.post("/console/account/app")
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', browser.get("/console/account/app").text)
    assert found is not None
    totp = pyotp.TOTP(found[1].replace(" ", ""))
    page = browser.post("/console/account/app/confirm", code=totp.now())
    assert page.status_code in {200, 303}, page.text
    return totp, re.findall(r"<li><code>([a-z2-9-]+)</code>", page.text)


def passkey_added(browser: Visitor, **how: int) -> Authenticator:
    """Add a passkey in this browser."""
    context = browser.tools.factor_context
    made = Authenticator(context.host, context.origin)
    options = browser.post("/console/account/passkeys/options").json()
    answer = browser.post("/console/account/passkeys", name="blue key", passkey=made.make(options, **how))
    assert answer.status_code in {200, 303}, answer.text
    return made


def signing_in(tools: Container, name: str, password: str = PASSWORD) -> Visitor:
    """A browser in which somebody has given their password."""
    browser = Visitor(tools)
    browser.sign_in(name, password)
    return browser


def let_codes_pass(tools: Container) -> None:
    """The next half minute has come for every app: the codes of this one may be given once more in a test."""
    with tools.db.begin() as connection:
        connection.exec_driver_sql("UPDATE second_factor SET totp_step = totp_step - 10")


def let_time_pass(tools: Container, **how_long: int) -> None:
    """Everybody showed long ago who they are."""
    with tools.db.begin() as connection:
        connection.execute(update(session).values(proved_at=func.now() - timedelta(**how_long)))
