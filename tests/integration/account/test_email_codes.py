import pytest

from pipeline.account.tables import email_code
from pipeline.notification.tables import mail
from pipeline.submission.audit import audit
from tests.support.account import ADDRESS, Account, another_than, person
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.mails import words
from tests.support.together import at_once


@pytest.fixture
def account(api: Api, desk: Desk) -> Account:
    made = Account(api, desk)
    made.put("personal-information", person())
    return made


def refused(account: Account, code: str) -> tuple[int, str]:
    response = account.post("email/confirm", {"code": code})
    return response.status_code, response.json()["code"]


def test_a_code_confirms_the_address_that_it_was_sent_to(account: Account, desk: Desk) -> None:
    code = account.send_code()

    response = account.post("email/confirm", {"code": code})

    assert response.status_code == 200
    assert response.json()["email_confirmed_at"] is not None
    assert [row.event for row in desk.rows(audit)][-1] == "email.confirmed"


def test_the_mail_with_the_code_says_what_it_is_for(account: Account, desk: Desk) -> None:
    code = account.send_code()

    (sent,) = desk.mails()
    assert sent["To"] == ADDRESS
    assert sent["Subject"] == "Your code for confirming your e-mail address"
    assert sent["X-Submission-ID"] is None
    assert f"Your code is {code}" in words(sent)
    assert words(sent).startswith("Hello,")
    assert "Ada" not in words(sent), "the address may be somebody else's, who gets no words that the member chose"
    assert code not in sent["Subject"]


def test_nothing_that_is_kept_says_the_code(account: Account, desk: Desk) -> None:
    code = account.send_code()

    (row,) = desk.rows(mail)
    assert (row.state, row.secret, row.text, row.html) == ("sent", True, "", "")
    assert code not in str(desk.rows(email_code)[0].hashed.partition("$")[2])
    assert all(code not in str(each.detail) for each in desk.rows(audit))


def test_a_wrong_code_counts_and_the_fifth_ends_it(account: Account) -> None:
    code = account.send_code()
    wrong = another_than(code)

    answers = [refused(account, wrong) for _ in range(5)]

    assert answers == [(409, "code_wrong")] * 4 + [(409, "code_used_up")]
    assert refused(account, code) == (409, "code_used_up")


def test_a_wrong_code_says_how_many_tries_are_left(account: Account) -> None:
    wrong = another_than(account.send_code())

    detail = account.post("email/confirm", {"code": wrong}).json()["detail"]

    assert detail == "That is not the code that was sent. 4 of 5 tries are left."


def test_tries_at_the_same_moment_are_all_counted(account: Account, desk: Desk) -> None:
    wrong = another_than(account.send_code())

    answers, _ = at_once(8, lambda _: refused(account, wrong)[1])

    assert sorted(answers) == ["code_used_up"] * 4 + ["code_wrong"] * 4
    assert desk.rows(email_code)[0].tries >= 5


def test_a_code_ends_with_its_time(account: Account) -> None:
    code = account.send_code()
    account.let_the_code_expire()

    assert refused(account, code) == (409, "code_expired")


def test_without_a_code_there_is_nothing_to_confirm(account: Account) -> None:
    assert refused(account, "123456") == (409, "code_expired")


def test_a_new_code_takes_the_place_of_the_old_one(account: Account) -> None:
    first = account.send_code()
    account.let_the_pause_pass()
    second = account.send_code()

    assert refused(account, first) == (409, "code_wrong")
    assert account.post("email/confirm", {"code": second}).status_code == 200


def test_a_second_code_before_the_pause_is_over_is_refused(account: Account, desk: Desk) -> None:
    account.send_code()

    response = account.post("email/code", {})

    assert (response.status_code, response.json()["code"]) == (409, "code_too_soon")
    assert len(desk.rows(mail)) == 1


def test_of_ten_requests_at_once_one_sends_a_code(account: Account, desk: Desk) -> None:
    answers, _ = at_once(10, lambda _: account.post("email/code", {}).status_code)

    assert sorted(answers) == [202, *[409] * 9]
    assert len(desk.rows(mail)) == 1


def test_a_day_has_so_many_codes_and_no_more(account: Account, desk: Desk) -> None:
    account.send_code()
    desk.sql("UPDATE email_code SET sent_count = 10, sent_at = sent_at - interval '1 hour'")

    assert account.post("email/code", {}).json()["code"] == "code_too_soon"


def test_a_code_for_an_earlier_address_confirms_nothing(account: Account) -> None:
    code = account.send_code()
    account.put("personal-information", person(email="king@shop.example.com"), seen=1)

    assert refused(account, code) == (409, "code_expired")
    assert account.get("personal-information").json()["email_confirmed_at"] is None


def test_an_address_stays_confirmed_when_the_rest_changes(account: Account) -> None:
    account.confirm()

    changed = account.put("personal-information", person(name="Ada King"), seen=1).json()

    assert changed["email_confirmed_at"] is not None


def test_a_confirmed_address_needs_no_code(account: Account) -> None:
    account.confirm()

    response = account.post("email/code", {})

    assert (response.status_code, response.json()["code"]) == (409, "already_confirmed")


def test_an_answer_does_not_tell_that_somebody_else_has_the_address(account: Account, api: Api, desk: Desk) -> None:
    account.confirm()
    other = Account(api, desk, "m-2")
    other.put("personal-information", person())

    fresh = other.post("email/code", {})

    assert fresh.status_code == 202
    assert set(fresh.json()) == {"expires_at", "next_code_at"}


def test_a_member_without_personal_information_has_no_address_to_confirm(api: Api, desk: Desk) -> None:
    nobody = Account(api, desk, "m-9")

    sent, tried = nobody.post("email/code", {}), nobody.post("email/confirm", {"code": "123456"})

    assert [(each.status_code, each.json()["code"]) for each in (sent, tried)] == [(404, "not_found")] * 2


@pytest.mark.parametrize(
    ("name", "body", "wrong"),
    [
        ("email/confirm", {}, ("code", "missing_field")),
        ("email/confirm", {"code": ""}, ("code", "invalid_value")),
        ("email/confirm", {"code": "1" * 21}, ("code", "invalid_value")),
        ("email/confirm", {"code": 123456}, ("code", "invalid_value")),
        ("email/code", {"email": "x@y.com"}, ("email", "unknown_field")),
        ("email/code", {"locale": "?"}, ("locale", "invalid_value")),
    ],
)
def test_a_wrong_request_is_refused(account: Account, name: str, body: object, wrong: tuple[str, str]) -> None:
    response = account.post(name, body)

    assert response.status_code == 422
    assert problems(response) == [wrong]


@pytest.mark.parametrize("name", ["code", "confirm"])
def test_both_routes_ask_for_a_key(api: Api, name: str) -> None:
    path = f"/v1/members/m-1/email/{name}"

    assert api.call("POST", path, key=None, json={}).status_code == 401
    assert api.call("POST", path, key=api.review_key, json={}).status_code == 403
