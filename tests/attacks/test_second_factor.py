"""Attacks on second factors: codes that are guessed, given twice or at once, passkeys of others, challenges of others."""

import json
import time
from collections.abc import Callable

import pytest

from config.container import Container
from pipeline.access.staff.factors.rules import FactorRefused
from pipeline.access.staff.factors.second_step import Shown, finish
from pipeline.access.staff.factors.tables import challenge, recovery_code, second_factor
from pipeline.access.staff.rules.roles import Role
from pipeline.kernel import clock
from pipeline.submission.audit import audit
from tests.support.authenticator import PRESENT, Authenticator
from tests.support.desk import Desk
from tests.support.factors import app_added, let_codes_pass, let_time_pass, passkey_added, signing_in, with_sign_in
from tests.support.people import PASSWORD, Visitor, hasty, person, signed_in
from tests.support.together import at_once
from web.console.arrival import step_cookie
from web.console.session import cookie_name


@pytest.fixture
def tools(tools: Container) -> Container:
    return hasty(tools)


@pytest.fixture
def browser(tools: Container) -> Visitor:
    """Somebody who is signed in with a password."""
    person(tools)
    return signing_in(tools, "m.lee")


def is_in(browser: Visitor) -> bool:
    return browser.get("/console/account").status_code == 200


def is_refused(browser: Visitor, **shown: str) -> bool:
    return browser.post("/console/sign-in/second", **shown).status_code == 422 and not is_in(browser)


def test_a_password_alone_signs_nobody_in_who_has_a_second_factor(tools: Container, browser: Visitor) -> None:
    app, _ = app_added(browser)
    let_codes_pass(tools)

    there = signing_in(tools, "m.lee")

    assert (is_in(there), there.token) == (False, None)
    assert there.post("/console/sign-in/second", code=app.now(), page="/console/account").status_code == 303
    assert is_in(there)


def test_the_step_is_no_session(tools: Container, browser: Visitor) -> None:
    app_added(browser)
    there = signing_in(tools, "m.lee")
    step = there.client.cookies.get(step_cookie(tools))

    there.client.cookies.set(cookie_name(tools), step, domain="testserver.local")

    assert not is_in(there)


def test_a_code_is_good_once_in_whichever_browser(tools: Container, browser: Visitor) -> None:
    app, _ = app_added(browser)
    let_codes_pass(tools)
    here, there = signing_in(tools, "m.lee"), signing_in(tools, "m.lee")
    code = app.now()
    assert here.post("/console/sign-in/second", code=code).status_code == 303

    assert is_refused(there, code=code)
    assert is_refused(there, code=app.at(int(time.time()) - 30))


def test_the_code_that_confirmed_the_app_signs_nobody_in(tools: Container, browser: Visitor) -> None:
    app, _ = app_added(browser)

    there = signing_in(tools, "m.lee")

    assert is_refused(there, code=app.at(int(time.time()) - 30))


def test_of_one_code_that_is_given_many_times_at_once_one_is_right(tools: Container, browser: Visitor) -> None:
    app, _ = app_added(browser)
    let_codes_pass(tools)
    steps = [signing_in(tools, "m.lee").client.cookies.get(step_cookie(tools)) for _ in range(4)]
    code = app.now()

    right, wrong = at_once(
        4, lambda number: finish(steps[number], Shown(code=code), now=clock.now(), context=tools.factor_context)
    )

    assert (len(right), {type(each) for each in wrong}) == (1, {FactorRefused})


@pytest.mark.parametrize(
    "code", ["", "000000", "12345", "abcde-abcde-abcde-abcde", "\uff11\uff12\uff13\uff14\uff15\uff16", "0" * 40]
)
def test_what_is_no_code_of_theirs_is_refused(tools: Container, browser: Visitor, code: str) -> None:
    app_added(browser)

    assert is_refused(signing_in(tools, "m.lee"), code=code)


def test_guessing_codes_is_slowed_down_however_often_the_password_is_given(tools: Container, browser: Visitor) -> None:
    app, _ = app_added(browser)
    let_codes_pass(tools)
    answers = [
        signing_in(tools, "m.lee").post("/console/sign-in/second", code=f"{number:06}").status_code
        for number in range(tools.policy.sign_in.tries_per_account + 2)
    ]

    assert answers[-1] == 429
    right = signing_in(tools, "m.lee").post("/console/sign-in/second", code=app.now())
    assert (right.status_code, int(right.headers["retry-after"]) > 0) == (429, True)


def test_a_recovery_code_is_good_once_and_only_a_hash_of_it_is_kept(tools: Container, browser: Visitor) -> None:
    _, codes = app_added(browser)
    there = signing_in(tools, "m.lee")

    assert there.post("/console/sign-in/second", code=codes[0].upper().replace("-", " ")).status_code == 303
    assert is_in(there)
    assert is_refused(signing_in(tools, "m.lee"), code=codes[0])
    kept = str(Desk(tools).rows(recovery_code))
    assert (len(codes), any(code in kept for code in codes)) == (10, False)


def test_former_recovery_codes_are_worth_nothing(tools: Container, browser: Visitor) -> None:
    _, codes = app_added(browser)
    browser.post("/console/account/recovery-codes")

    assert is_refused(signing_in(tools, "m.lee"), code=codes[0])


def test_the_secret_of_an_app_is_sealed(tools: Container, browser: Visitor) -> None:
    app, _ = app_added(browser)

    (row,) = Desk(tools).rows(second_factor)

    assert app.secret not in str(row)
    assert tools.sealer.open(row.totp, place="second_factor:m.lee") == app.secret


def test_a_passkey_signs_in_and_no_other_does(tools: Container, browser: Visitor) -> None:
    own = passkey_added(browser)
    there = signing_in(tools, "m.lee")
    stranger = Authenticator(own.host, own.origin)
    stranger.id = own.id

    options = there.post("/console/sign-in/second/passkey").json()
    assert is_refused(there, passkey=stranger.show(options))

    options = there.post("/console/sign-in/second/passkey").json()
    assert there.post("/console/sign-in/second", passkey=own.show(options)).status_code == 303
    assert is_in(there)


@pytest.mark.parametrize(
    "bad",
    [
        lambda key, options: key.show(options, flags=PRESENT),
        lambda key, options: key.show(options, flags=0),
        lambda key, options: key.show(options, counts=-1),
        lambda key, options: key.show(options, counts=0),
        lambda key, options: key.show(options, origin="https://console.example.net"),
        lambda key, options: key.show({**options, "challenge": "AAAA"}),
        lambda key, options: key.make(options),
        lambda _key, _options: "{}",
        lambda _key, _options: "[",
    ],
)
def test_a_passkeys_answer_is_checked_to_its_end(
    tools: Container, browser: Visitor, bad: Callable[[Authenticator, dict[str, str]], str]
) -> None:
    own = passkey_added(browser)
    own.count = 5
    there = signing_in(tools, "m.lee")
    there.post("/console/sign-in/second", passkey=own.show(there.post("/console/sign-in/second/passkey").json()))
    assert is_in(there)
    other = signing_in(tools, "m.lee")
    options = other.post("/console/sign-in/second/passkey").json()

    assert is_refused(other, passkey=bad(own, options))


def test_a_challenge_is_for_one_browser_and_one_answer(tools: Container, browser: Visitor) -> None:
    own = passkey_added(browser)
    here, there = signing_in(tools, "m.lee"), signing_in(tools, "m.lee")
    options = here.post("/console/sign-in/second/passkey").json()
    there.post("/console/sign-in/second/passkey")
    answer = own.show(options)

    assert is_refused(there, passkey=answer)
    assert here.post("/console/sign-in/second", passkey=answer).status_code == 303
    again = signing_in(tools, "m.lee")
    assert is_refused(again, passkey=answer)
    assert Desk(tools).rows(challenge) == []


def test_nobody_adds_a_passkey_without_being_verified_or_one_that_another_has(
    tools: Container, browser: Visitor
) -> None:
    own = passkey_added(browser)
    person(tools, "s.rossi")
    other = signing_in(tools, "s.rossi")

    def added(key: Authenticator, **how: int) -> int:
        options = other.post("/console/account/passkeys/options").json()
        return other.post("/console/account/passkeys", name="mine", passkey=key.make(options, **how)).status_code

    assert added(Authenticator(own.host, own.origin), flags=PRESENT) == 422
    assert added(own) == 422


def test_the_passkey_of_one_person_signs_in_no_other(tools: Container, browser: Visitor) -> None:
    passkey_added(browser)
    person(tools, "s.rossi")
    theirs = passkey_added(signing_in(tools, "s.rossi"))
    there = signing_in(tools, "m.lee")

    options = there.post("/console/sign-in/second/passkey").json()

    assert is_refused(there, passkey=theirs.show(options))


def test_a_second_factor_signs_out_every_other_browser(tools: Container, browser: Visitor) -> None:
    thief = signing_in(tools, "m.lee")
    assert is_in(thief)

    app_added(browser)

    assert (is_in(browser), is_in(thief)) == (True, False)


def test_a_link_to_choose_a_password_is_no_way_past_a_second_factor(tools: Container, browser: Visitor) -> None:
    app, _ = app_added(browser)
    let_codes_pass(tools)
    boss = signed_in(tools, "boss", roles=[Role.ADMIN])
    link = boss.post("/console/people/m.lee/invitation").text.partition("token=")[2].partition("<")[0]
    there = Visitor(tools)

    there.post("/console/invitation", token=link, new_password=PASSWORD[::-1], again=PASSWORD[::-1])

    assert not is_in(there)
    assert Desk(tools).sql("SELECT * FROM account_opening") == []
    there.post("/console/sign-in/second", code=app.now())
    assert is_in(there)


def test_who_ends_the_factor_of_another_is_in_the_record_and_in_the_account(tools: Container, browser: Visitor) -> None:
    app_added(browser)
    boss = signed_in(tools, "boss", roles=[Role.ADMIN])

    boss.post("/console/people/m.lee/second-factor/end")

    assert not is_in(browser)
    assert is_in(signing_in(tools, "m.lee"))
    (opened,) = Desk(tools).sql("SELECT reviewer_id, opened_by, how FROM account_opening")
    assert tuple(opened) == ("m.lee", "boss", "second_factor")
    told = [row for row in Desk(tools).rows(audit) if row.event == "factors.ended"]
    assert [(row.actor, row.detail["reviewer"]) for row in told] == [("boss", "m.lee")]


def test_where_everybody_needs_a_factor_nothing_is_open_before_there_is_one(tools: Container, browser: Visitor) -> None:
    strict = with_sign_in(tools, second_factor="required")
    there = signing_in(strict, "m.lee")

    assert there.get("/console/").headers["location"] == "/console/account"
    assert there.post("/console/next").status_code == 403
    assert there.post("/console/account/keys", name="mine").status_code == 403
    app_added(there)
    assert there.get("/console/").status_code == 200
    assert there.post("/console/account/app/remove").status_code == 409
    assert browser.get("/console/").headers["location"].startswith("/console/sign-in")


def test_where_factors_are_off_nobody_adds_one(tools: Container, browser: Visitor) -> None:
    off = with_sign_in(tools, second_factor="off")
    there = signing_in(off, "m.lee")

    assert there.post("/console/account/app").status_code == 403
    assert there.post("/console/account/passkeys/options").status_code == 403
    assert "Second factor" not in there.get("/console/account").text
    assert is_in(browser)


def test_a_thief_of_an_old_session_adds_and_removes_no_factor(tools: Container, browser: Visitor) -> None:
    app_added(browser)
    let_time_pass(tools, minutes=11)

    ways = ("app", "app/confirm", "app/remove", "passkeys/options", "recovery-codes")
    for way in ways:
        answer = browser.post(f"/console/account/{way}")
        assert answer.headers["location"].startswith("/console/sign-in/again"), way
    assert json.dumps([row.totp is not None for row in Desk(tools).rows(second_factor)]) == "[true]"


def test_one_ends_ones_own_sessions_and_those_of_nobody_else(tools: Container, browser: Visitor) -> None:
    there = signing_in(tools, "m.lee")
    person(tools, "s.rossi")
    stranger = signing_in(tools, "s.rossi")
    ids = {row.token_sha256: row.id for row in Desk(tools).sql("SELECT id, token_sha256 FROM session")}
    (theirs,) = [row.id for row in Desk(tools).sql("SELECT id FROM session WHERE reviewer_id = 's.rossi'")]

    assert browser.post(f"/console/account/sessions/{theirs}/end").status_code == 404
    assert (is_in(stranger), len(ids)) == (True, 3)
    browser.post("/console/account/sessions/end")
    assert (is_in(browser), is_in(there), is_in(stranger)) == (True, False, True)
    boss = signed_in(tools, "boss", roles=[Role.ADMIN])
    assert boss.post(f"/console/people/s.rossi/sessions/{theirs}/end").status_code == 303
    assert not is_in(stranger)
