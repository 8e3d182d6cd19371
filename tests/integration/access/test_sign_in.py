from datetime import timedelta

import pytest

from config.container import Container
from pipeline.access.staff.accounts import change, enable
from pipeline.access.staff.invitations import InvitationGone, accept_invitation, invite
from pipeline.access.staff.reviewers import LastAdministrator, add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.rules.sign_in import SignInRefused
from pipeline.access.staff.rules.tries import TooManyTries
from pipeline.access.staff.sessions import SignedOut, forget_signed_out, session_of
from pipeline.access.staff.sign_in import sign_in
from pipeline.access.staff.tables import invitation, password, session, sign_in_tries
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid
from pipeline.workflows.reviewers import disable
from tests.support.desk import Desk
from tests.support.people import PASSWORD, Visitor, hasty, person, signed_in
from tests.support.together import at_once

ASKED = "/console/preferences?from=mail"
ANOTHER = "a quite different phrase"


@pytest.fixture
def tools(tools: Container) -> Container:
    return hasty(tools)


def enter(tools: Container, given: str = PASSWORD, *, name: str = "m.lee", seconds: float = 0) -> str:
    now = clock.now() + timedelta(seconds=seconds)
    return sign_in(name, given, address="192.0.2.7", now=now, context=tools.sign_in_context)


def fail(tools: Container, times: int, *, name: str = "m.lee") -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            enter(tools, "wrong", name=name)


def is_open(tools: Container, token: str | None) -> bool:
    try:
        session_of(token, db=tools.db, rules=tools.policy.sign_in)
    except SignedOut:
        return False
    return True


def test_who_signs_in_gets_to_the_page_that_they_had_asked_for(tools: Container) -> None:
    person(tools)
    browser = Visitor(tools)

    asked = browser.get(ASKED)
    form = browser.get(asked.headers["location"])
    signed = browser.sign_in(page=ASKED)

    assert asked.status_code == 303
    assert 'value="/console/preferences?from=mail"' in form.text
    assert (signed.status_code, signed.headers["location"]) == (303, ASKED)
    assert browser.get(ASKED).status_code == 200


def test_the_cookie_is_for_this_host_alone_and_no_script_reads_it(tools: Container) -> None:
    person(tools)

    told = Visitor(tools).sign_in().headers["set-cookie"]

    assert "HttpOnly" in told
    assert "SameSite=lax" in told
    assert "Domain" not in told


def test_no_answer_tells_whether_the_name_or_the_password_was_wrong(tools: Container) -> None:
    person(tools)
    add_reviewer("no.password", db=tools.db)
    disable(person(tools, "gone"), actor="test", db=tools.db)
    browser = Visitor(tools)

    pages = [browser.sign_in(name, ANOTHER) for name in ("m.lee", "nobody", "no.password", "gone\x00")]
    pages.append(browser.sign_in("gone", PASSWORD))

    assert [page.status_code for page in pages] == [401] * 5
    assert {"The name or the password is not right." in page.text for page in pages} == {True}
    assert browser.token is None


def test_of_a_password_and_a_session_only_hashes_are_kept(all_servers: Container, desk: Desk) -> None:
    person(all_servers)

    token = enter(all_servers)

    assert desk.rows(password)[0].hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert token not in str(desk.rows(session))


def test_a_password_hashed_with_weaker_parameters_is_hashed_anew_at_the_next_sign_in(
    tools: Container, all_servers: Container, desk: Desk
) -> None:
    person(tools)
    (before,) = desk.rows(password)

    enter(all_servers)

    (after,) = desk.rows(password)
    assert "m=8," in before.hashed
    assert "m=65536," in after.hashed
    assert is_open(tools, enter(all_servers))


def test_after_too_many_failures_the_right_password_has_to_wait_too(tools: Container) -> None:
    person(tools)
    fail(tools, tools.policy.sign_in.tries_per_account)

    with pytest.raises(TooManyTries, match=r"Wait .* then try again"):
        enter(tools)

    assert is_open(tools, enter(tools, seconds=31))


def test_a_name_that_nobody_has_is_paused_as_one_that_somebody_has(tools: Container) -> None:
    fail(tools, tools.policy.sign_in.tries_per_account, name="nobody")

    page = Visitor(tools).sign_in("nobody", PASSWORD)

    assert page.status_code == 429
    assert 0 < int(page.headers["retry-after"]) <= 30
    assert "Too many tries failed. Wait " in page.text


def test_many_guesses_at_once_are_no_more_than_the_free_ones(tools: Container) -> None:
    person(tools, password=None)

    def guess(number: int) -> str:
        return sign_in(
            "m.lee", f"guess {number}", address=f"198.51.100.{number}", now=clock.now(), context=tools.sign_in_context
        )

    done, raised = at_once(20, guess)

    refused = [error for error in raised if isinstance(error, SignInRefused)]
    assert done == []
    assert len(refused) == tools.policy.sign_in.tries_per_account
    assert len(raised) == 20


def test_signing_in_right_uses_up_no_tries(tools: Container, desk: Desk) -> None:
    person(tools)
    fail(tools, 1)

    enter(tools)

    assert desk.rows(sign_in_tries) == []


def test_signing_in_anew_ends_the_session_that_the_browser_had(tools: Container) -> None:
    browser = signed_in(tools)
    person(tools)
    first = browser.token

    browser.sign_in()

    assert browser.token != first
    assert (is_open(tools, first), is_open(tools, browser.token)) == (False, True)


def test_who_signed_out_is_signed_out_and_the_token_is_worth_nothing(tools: Container) -> None:
    browser = signed_in(tools)
    token = browser.token

    left = browser.post("/console/sign-out")

    assert left.headers["location"] == "/console/sign-in?left=1"
    assert (browser.token, is_open(tools, token)) == (None, False)


def test_a_session_ends_when_it_was_idle_and_when_it_is_old(tools: Container, desk: Desk) -> None:
    idle, old = signed_in(tools, "idle"), signed_in(tools, "old")
    desk.sql("UPDATE session SET seen_at = now() - interval '61 minutes' WHERE reviewer_id = 'idle'")
    desk.sql("UPDATE session SET expires_at = now() WHERE reviewer_id = 'old'")

    assert idle.get(ASKED).status_code == old.get(ASKED).status_code == 303


def test_a_session_that_is_used_stays_open(tools: Container, desk: Desk) -> None:
    browser = signed_in(tools)
    desk.sql("UPDATE session SET seen_at = now() - interval '59 minutes'")

    assert browser.get(ASKED).status_code == 200

    assert desk.sql("SELECT now() - seen_at < interval '1 minute' FROM session")[0][0]


def test_a_script_whose_session_ended_is_told_so_and_not_sent_elsewhere(tools: Container) -> None:
    answer = Visitor(tools).get(ASKED, **{"HX-Request": "true"})

    assert answer.status_code == 401
    assert "You are signed out. Sign in again" in answer.text
    assert "<html" not in answer.text


def test_another_password_signs_every_other_browser_out(tools: Container) -> None:
    person(tools)
    here, there = Visitor(tools), Visitor(tools)
    here.sign_in()
    there.sign_in()
    first = here.token

    changed = here.post("/console/preferences/password", password=PASSWORD, new_password=ANOTHER, again=ANOTHER)

    assert changed.headers["location"] == "/console/preferences?kept=password"
    assert here.get(ASKED).status_code == 200
    assert (there.get(ASKED).status_code, is_open(tools, first)) == (303, False)
    assert there.sign_in(password=PASSWORD).status_code == 401
    assert there.sign_in(password=ANOTHER).status_code == 303


@pytest.mark.parametrize(
    ("given", "new", "again", "said"),
    [
        ("wrong", ANOTHER, ANOTHER, "This is not your present password."),
        (PASSWORD, ANOTHER, ANOTHER + "x", "The two passwords are not the same."),
        (PASSWORD, "short", "short", "Use at least 12 characters"),
    ],
)
def test_a_password_that_is_not_changed_is_told_why(
    tools: Container, given: str, new: str, again: str, said: str
) -> None:
    person(tools)
    browser = signed_in(tools)

    page = browser.post("/console/preferences/password", password=given, new_password=new, again=again)

    assert page.status_code == 422
    assert said in page.text
    assert is_open(tools, enter(tools))


def test_a_disabled_person_is_out_at_once_and_stays_out_until_enabled(tools: Container) -> None:
    person(tools)
    browser = Visitor(tools)
    browser.sign_in()

    disable("m.lee", actor="test", db=tools.db)

    assert browser.get(ASKED).status_code == 303
    with pytest.raises(SignInRefused):
        enter(tools)
    enable("m.lee", actor="test", db=tools.db)
    assert browser.get(ASKED).status_code == 303
    assert is_open(tools, enter(tools))


def test_a_link_sets_a_password_once(tools: Container) -> None:
    person(tools, password=None)
    rules = tools.policy.sign_in
    earlier = invite("m.lee", actor="test", db=tools.db, rules=rules)
    token = invite("m.lee", actor="test", db=tools.db, rules=rules)
    browser = Visitor(tools)
    path = f"/console/invitation?token={token}"

    looked = browser.get(path)
    kept = browser.post("/console/invitation", token=token, new_password=PASSWORD, again=PASSWORD)

    assert looked.status_code == 200
    assert kept.headers["location"] == "/console/"
    assert is_open(tools, browser.token)
    assert [browser.get(path).status_code, browser.get(f"/console/invitation?token={earlier}").status_code] == [
        404,
        404,
    ]


def test_of_two_who_use_a_link_at_once_one_sets_the_password(tools: Container) -> None:
    person(tools, password=None)
    token = invite("m.lee", actor="test", db=tools.db, rules=tools.policy.sign_in)

    done, raised = at_once(
        4, lambda number: accept_invitation(token, f"a phrase, number {number}", context=tools.sign_in_context)
    )

    assert len(done) == 1
    assert {type(error) for error in raised} == {InvitationGone}


def test_a_weak_password_uses_no_link_up(tools: Container) -> None:
    person(tools, password=None)
    token = invite("m.lee", actor="test", db=tools.db, rules=tools.policy.sign_in)

    with pytest.raises(Invalid):
        accept_invitation(token, "m.lee and more", context=tools.sign_in_context)

    assert accept_invitation(token, PASSWORD, context=tools.sign_in_context)


def test_two_administrators_who_remove_each_other_at_once_leave_one(tools: Container) -> None:
    person(tools, "a", roles=[Role.ADMIN], password=None)
    person(tools, "b", roles=[Role.ADMIN], password=None)
    acts = (
        lambda: disable("a", actor="b", db=tools.db),
        lambda: change("b", roles=[], languages=[], actor="a", db=tools.db),
    )

    _, raised = at_once(2, lambda number: acts[number]())

    assert [type(error) for error in raised] == [LastAdministrator]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "http://testserver.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_what_changes_something_comes_from_a_page_of_ours(
    tools: Container, headers: dict[str, str], status: int
) -> None:
    browser = signed_in(tools)
    del browser.client.headers["Sec-Fetch-Site"]
    browser.client.headers.update(headers)

    assert browser.post("/console/preferences", theme="dark").status_code == status


def test_a_form_of_another_session_changes_nothing(tools: Container, desk: Desk) -> None:
    browser = signed_in(tools)

    answers = [browser.post("/console/preferences", csrf=csrf, theme="dark") for csrf in ("", "a" * 64)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "nothing was done" in answers[0].text
    assert desk.sql("SELECT theme FROM reviewer")[0][0] == "auto"


def test_a_script_sends_the_token_of_its_page_along(tools: Container) -> None:
    browser = signed_in(tools)
    page = browser.get("/console/preferences").text
    csrf = page.partition('<meta name="csrf" content="')[2].partition('"')[0]

    answer = browser.client.post("/console/preferences", data={"theme": "dark"}, headers={"X-CSRF-Token": csrf})

    assert answer.status_code == 303
    assert 'data-theme="dark"' in browser.get("/console/preferences").text


def test_what_can_let_nobody_in_any_more_is_forgotten_in_time(tools: Container, desk: Desk) -> None:
    old, live = signed_in(tools, "old"), signed_in(tools, "live")
    invite("old", actor="test", db=tools.db, rules=tools.policy.sign_in)
    fail(tools, 1)
    desk.sql("UPDATE session SET expires_at = now() - interval '31 days' WHERE reviewer_id = 'old'")
    desk.sql("UPDATE invitation SET expires_at = now() - interval '1 minute'")
    desk.sql("UPDATE sign_in_tries SET last_at = now() - interval '25 hours'")

    forget_signed_out(tools.db, tools.policy.sign_in, renew=lambda: None)

    assert [row.reviewer_id for row in desk.rows(session)] == ["live"]
    assert (desk.rows(invitation), desk.rows(sign_in_tries)) == ([], [])
    assert (is_open(tools, old.token), is_open(tools, live.token)) == (False, True)
