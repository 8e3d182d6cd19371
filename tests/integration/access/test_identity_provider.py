import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from config.container import Container
from pipeline.access.staff.accounts import person_named
from pipeline.access.staff.oidc_login import unlink
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.workflows.reviewers import disable
from tests.support.factors import app_added
from tests.support.http import BROWSER
from tests.support.identity_provider import CLIENT, SECRET, Provider, provider
from tests.support.people import Visitor
from tests.support.servers import variant

Made = Callable[..., Container]


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    """One provider for all, since its key takes long to make."""
    with provider() as made:
        yield made


@pytest.fixture
def idp(running: Provider) -> Provider:
    """The provider, which tells the truth until a test lets it lie."""
    running.says, running.lies, running.signs_with = {"sub": "u-1", "preferred_username": "m.lee"}, {}, None
    return running


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """One client for the web processes of all, since it reads the system's certificates when it is made."""
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def desk_of(tools: Container, idp: Provider, http: httpx.Client) -> Made:
    """A web process that knows the provider, with more settings."""

    def make(**settings: Any) -> Container:
        known: dict[str, Any] = {"oidc_issuer": idp.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
        made = variant(tools, **{**known, **settings})
        made.__dict__["http"] = http
        return made

    return make


def visit(browser: Visitor) -> str:
    """Go to the provider, sign in there, and be sent back: the address that one comes back to."""
    out = browser.get("/console/sign-in/provider?page=/console/preferences").headers["location"]
    back = urlsplit(BROWSER.get(out).headers["location"])
    return f"{back.path}?{back.query}"


def sign_in(browser: Visitor) -> httpx.Response:
    return browser.get(visit(browser))


def test_who_signs_in_at_the_provider_is_signed_in_here(tools: Container, desk_of: Made) -> None:
    add_reviewer("m.lee", db=tools.db)
    browser = Visitor(desk_of())

    offered = browser.get("/console/sign-in").text
    answer = sign_in(browser)

    assert "Sign in with your organisation" in offered
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/preferences")
    assert browser.get("/console/preferences").status_code == 200


def test_a_browser_is_sent_out_with_a_challenge_a_state_and_a_nonce(desk_of: Made, idp: Provider) -> None:
    out = Visitor(desk_of()).get("/console/sign-in/provider").headers["location"]

    asked = {name: values[0] for name, values in parse_qs(urlsplit(out).query).items()}
    assert out.startswith(f"{idp.issuer}/authorize?")
    assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"nonce": "another"},
        {"exp": 1},
        {"sub": None},
    ],
    ids=["issuer", "audience", "nonce", "expired", "nobody"],
)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(
    tools: Container, desk_of: Made, idp: Provider, lies: dict[str, Any]
) -> None:
    add_reviewer("m.lee", db=tools.db)
    idp.lies = lies
    browser = Visitor(desk_of())

    answer = sign_in(browser)

    assert answer.status_code == 401
    assert "is not valid here" in answer.text
    assert browser.token is None


def test_a_token_that_somebody_else_signed_lets_nobody_in(tools: Container, desk_of: Made, idp: Provider) -> None:
    add_reviewer("m.lee", db=tools.db)
    idp.signs_with = RSAKey.generate_key(2048, {"kid": "one"})

    assert sign_in(Visitor(desk_of())).status_code == 401


def test_a_visit_ends_once_and_in_the_browser_that_began_it(tools: Container, desk_of: Made) -> None:
    add_reviewer("m.lee", db=tools.db)
    mine, theirs = Visitor(desk_of()), Visitor(desk_of())
    back = visit(mine)

    stolen = theirs.get(back)
    first = mine.get(back)
    again = mine.get(back)

    assert [stolen.status_code, first.status_code, again.status_code] == [401, 303, 401]


def test_a_visit_that_took_too_long_lets_nobody_in(tools: Container, desk_of: Made) -> None:
    add_reviewer("m.lee", db=tools.db)
    browser = Visitor(desk_of())
    back = visit(browser)
    with tools.db.begin() as connection:
        connection.exec_driver_sql("UPDATE provider_visit SET expires_at = now()")

    assert browser.get(back).status_code == 401


def test_who_is_not_known_here_is_not_let_in(desk_of: Made) -> None:
    answer = sign_in(Visitor(desk_of()))

    assert answer.status_code == 401
    assert "Ask an administrator to add you." in answer.text


def test_the_provider_may_say_what_people_are(tools: Container, desk_of: Made, idp: Provider) -> None:
    roles = {"oidc_roles_claim": "realm_access.roles", "oidc_roles": {"desk-senior": "senior", "desk-lead": "lead"}}
    known = desk_of(**roles)
    rules = tools.policy.sign_in

    idp.says["realm_access"] = {"roles": ["desk-senior", "offline"]}
    first = sign_in(Visitor(known))
    idp.says["realm_access"] = {"roles": ["desk-lead"]}
    second = sign_in(Visitor(known))
    as_lead = person_named("m.lee", db=tools.db, rules=rules).roles
    idp.says["realm_access"] = {"roles": ["offline"]}
    third = sign_in(Visitor(known))

    assert [first.status_code, second.status_code, third.status_code] == [303, 303, 401]
    assert as_lead == ("lead",)


def test_another_identity_of_the_same_name_does_not_take_a_persons_place(
    tools: Container, desk_of: Made, idp: Provider
) -> None:
    add_reviewer("m.lee", db=tools.db)
    known = desk_of()
    sign_in(Visitor(known))
    idp.says["sub"] = "u-2"

    refused = sign_in(Visitor(known))
    unlink("m.lee", actor="test", db=tools.db)
    after = sign_in(Visitor(known))

    assert (refused.status_code, after.status_code) == (401, 303)


def test_who_is_called_otherwise_at_the_provider_now_is_still_the_same(
    tools: Container, desk_of: Made, idp: Provider
) -> None:
    add_reviewer("m.lee", db=tools.db)
    known = desk_of()
    sign_in(Visitor(known))
    idp.says["preferred_username"] = "m.lee-kim"
    browser = Visitor(known)

    sign_in(browser)

    assert "m.lee" in browser.get("/console/preferences").text


def test_who_was_disabled_here_is_not_let_in_by_the_provider(tools: Container, desk_of: Made) -> None:
    add_reviewer("m.lee", db=tools.db)
    disable("m.lee", actor="test", db=tools.db)

    assert sign_in(Visitor(desk_of())).status_code == 401


def test_an_address_that_the_provider_has_not_confirmed_names_nobody(
    tools: Container, desk_of: Made, idp: Provider
) -> None:
    add_reviewer("m.lee@desk.example", db=tools.db)
    known = desk_of(oidc_claim="email")
    idp.says["email"] = "m.lee@desk.example"

    before = sign_in(Visitor(known))
    idp.says["email_verified"] = True

    assert (before.status_code, sign_in(Visitor(known)).status_code) == (401, 303)


def test_while_the_provider_is_away_people_are_told_and_passwords_still_work(desk_of: Made) -> None:
    answer = Visitor(desk_of(oidc_issuer="http://127.0.0.1:9")).get("/console/sign-in/provider")

    assert answer.status_code == 503
    assert "The identity provider does not answer." in answer.text


@pytest.mark.parametrize(
    ("says", "opens"),
    [({}, False), ({"auth_time": -3600}, False), ({"auth_time": 0}, True)],
    ids=["says not when", "asked long ago", "asked now"],
)
def test_what_needs_a_new_sign_in_needs_one_at_the_provider_too(
    tools: Container, desk_of: Made, idp: Provider, says: dict[str, int], *, opens: bool
) -> None:
    add_reviewer("m.lee", roles=[Role.ADMIN], db=tools.db)
    idp.says |= {name: int(time.time()) + seconds for name, seconds in says.items()}
    browser = Visitor(desk_of())
    sign_in(browser)

    page = browser.get("/console/people")

    assert page.status_code == (200 if opens else 303)
    out = browser.get("/console/sign-in/provider?again=1").headers["location"]
    assert {("prompt", "login"), ("max_age", "0")} <= {
        (name, values[0]) for name, values in parse_qs(urlsplit(out).query).items()
    }


def test_a_second_factor_here_is_asked_for_after_the_provider(tools: Container, desk_of: Made, idp: Provider) -> None:
    add_reviewer("m.lee", db=tools.db)
    idp.says |= {"auth_time": int(time.time())}
    first, second = Visitor(desk_of()), Visitor(desk_of())
    sign_in(first)
    app_added(first)

    answer = sign_in(second)

    assert answer.headers["location"].startswith("/console/sign-in/second")
    assert second.token is None
