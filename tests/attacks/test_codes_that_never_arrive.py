"""A code counts once its mail has left. Until then the code before it holds, and no try and no chance is spent."""

from collections.abc import Callable

import pytest

from config.container import Container
from pipeline.kernel.rules.one_time_codes import CodeOnItsWay
from pipeline.submission.tables import business_email
from pipeline.tasks.rules import EXPIRE_CODE, SEND_CODE, SEND_MAIL
from pipeline.verification.code_delivery import resend
from schemas.codes import CodeAnswer
from tests.support.account import Account, another_than, person
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.methods import another, answer, email_body, last_code, sent
from tests.support.servers import variant

PAUSE = "UPDATE business_email SET code_asked_at = code_asked_at - interval '1 minute'"
RUN_OUT = "UPDATE business_email SET code_expires_at = now() - interval '1 second'"
EXPIRY_DUE = "UPDATE task SET due_at = now() - interval '1 second' WHERE kind = 'code.expire' AND state = 'ready'"


def without_mail(desk: Desk) -> Container:
    return variant(desk.tools, own=("mailer",), smtp_url="smtp://127.0.0.1:1")


def asked_again(desk: Desk, *, tries_to_send: bool) -> tuple[str, Callable[[str], CodeAnswer]]:
    """A code that arrived, after which another was asked for that no mail server takes. Returns it, and how to answer."""
    accepted = sent(desk)
    code = last_code(desk)
    desk.sql(PAUSE)
    resend(accepted.id, caller="test", db=desk.tools.db, policy=desk.tools.policy)
    if tries_to_send:
        (task,) = [each for each in desk.tasks(SEND_CODE) if each.state == "ready"]
        desk.perform(task.id, SEND_CODE, tools=without_mail(desk))
    return code, lambda given: answer(desk, accepted, given)


@pytest.mark.parametrize("tries_to_send", [False, True], ids=["before it is sent", "while no server takes it"])
def test_a_business_code_that_arrived_holds_until_a_newer_one_is_sent(desk: Desk, *, tries_to_send: bool) -> None:
    code, answered = asked_again(desk, tries_to_send=tries_to_send)

    assert answered(code).correct


def test_a_business_code_that_arrived_is_replaced_once_the_newer_one_is_sent(desk: Desk) -> None:
    code, answered = asked_again(desk, tries_to_send=True)
    desk.let_backoff_pass()
    desk.run_due(SEND_CODE)

    assert code == last_code(desk) or not answered(code).correct
    assert answered(last_code(desk)).correct


def test_a_business_code_that_ran_out_while_the_newer_one_waits_costs_nothing(desk: Desk) -> None:
    code, answered = asked_again(desk, tries_to_send=True)
    desk.sql(RUN_OUT)
    desk.sql(EXPIRY_DUE)
    desk.run_due(EXPIRE_CODE)

    with pytest.raises(CodeOnItsWay):
        answered(code)

    (row,) = desk.rows(business_email)
    assert row.tries == 0
    desk.let_backoff_pass()
    desk.run_due(SEND_CODE)
    assert answered(last_code(desk)).correct


def test_guesses_at_a_code_that_no_server_took_spend_no_try_and_come_to_an_end(desk: Desk) -> None:
    accepted = desk.accept(email_body())
    desk.perform(desk.only_task(SEND_CODE).id, SEND_CODE, tools=without_mail(desk))

    for _ in range(7):
        with pytest.raises(CodeOnItsWay):
            answer(desk, accepted, "123456")

    (row,) = desk.rows(business_email)
    assert (row.tries, row.guesses) == (0, desk.tools.policy.codes.tries)
    desk.let_backoff_pass()
    desk.run_due(SEND_CODE)
    assert answer(desk, accepted, another(last_code(desk))).tries_left == desk.tools.policy.codes.tries - 1


@pytest.fixture
def account(api: Api, desk: Desk) -> Account:
    made = Account(api, desk)
    made.put("personal-information", person())
    return made


def refused(account: Account, code: str) -> str:
    return str(account.post("email/confirm", {"code": code}).json()["code"])


def test_an_accounts_code_that_arrived_holds_until_a_newer_one_is_sent(account: Account) -> None:
    code = account.send_code()
    account.let_the_pause_pass()
    account.post("email/code", {})

    assert account.post("email/confirm", {"code": code}).status_code == 200


def test_a_try_at_an_accounts_code_that_was_not_sent_costs_nothing(account: Account, desk: Desk) -> None:
    account.post("email/code", {})
    mail = desk.only_task(SEND_MAIL).id
    desk.perform(mail, SEND_MAIL, tools=without_mail(desk))

    answers = {refused(account, "123456") for _ in range(6)}
    desk.let_backoff_pass()
    code = account.code_that_comes()

    assert answers == {"code_on_its_way"}
    assert refused(account, another_than(code)) == "code_wrong"
    assert account.post("email/confirm", {"code": code}).status_code == 200


def test_an_accounts_code_is_valid_from_when_its_mail_left(account: Account, desk: Desk) -> None:
    account.post("email/code", {})
    desk.sql("UPDATE email_code SET expires_at = expires_at - interval '1 hour'")
    desk.sql("UPDATE mail SET frozen_at = frozen_at - interval '1 hour'")
    code = account.code_that_comes()

    assert account.post("email/confirm", {"code": code}).status_code == 200


def test_tries_at_the_earlier_code_are_not_those_of_the_newer_one(account: Account, desk: Desk) -> None:
    first = account.send_code()
    account.let_the_pause_pass()
    account.post("email/code", {})

    answers = [refused(account, another_than(first)) for _ in range(6)]
    desk.run_due(SEND_MAIL)

    assert answers == ["code_wrong"] * 4 + ["code_used_up"] + ["code_on_its_way"]
    assert account.post("email/confirm", {"code": account.code_that_comes()}).status_code == 200
