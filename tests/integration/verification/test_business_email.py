from dataclasses import replace
from datetime import timedelta

import pytest

from config.container import Container
from pipeline.intake.accept import accept
from pipeline.intake.records import Door
from pipeline.kernel import clock
from pipeline.kernel.errors import AlreadyThere, AttemptsExhausted, Invalid, NotAllowed
from pipeline.kernel.rules.one_time_codes import CodeOnItsWay, CodeTooSoon
from pipeline.kernel.validation import parse_submission
from pipeline.notification.suppression import suppress
from pipeline.submission.tables import business_email, decision
from pipeline.tasks.rules import EXPIRE_CODE, SEND_CODE
from pipeline.verification.code_delivery import resend
from pipeline.verification.methods import evidence_methods
from schemas.codes import CodeSent
from schemas.submissions import Accepted
from tests.support.bodies import verification_body
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.mails import words
from tests.support.methods import ADDRESS, another, answer, email_body, last_code, sent
from tests.support.servers import variant
from tests.support.together import at_once

CODES = "UPDATE business_email SET code_expires_at = now() - interval '1 second'"
TASKS = "UPDATE task SET due_at = now() - interval '1 second' WHERE kind = 'code.expire' AND state = 'ready'"
PAUSE = "UPDATE business_email SET code_asked_at = code_asked_at - interval '1 minute'"


def let_code_run_out(desk: Desk) -> None:
    desk.sql(CODES)
    desk.sql(TASKS)


def send_again(desk: Desk, submission: Accepted) -> CodeSent:
    return resend(submission.id, caller="test", db=desk.tools.db, policy=desk.tools.policy)


def chances_left(desk: Desk) -> int:
    (rung,) = [each for each in desk.membership().stages if each.stage == "verified"]
    return rung.chances_left["business_email"]


def fail(desk: Desk, accepted: Accepted, times: int = 5) -> list[str]:
    """Send wrong codes back; the states after each."""
    wrong = another(last_code(desk))
    return [answer(desk, accepted, wrong).state for _ in range(times)]


def test_a_code_that_comes_back_unlocks_the_stage(desk: Desk) -> None:
    accepted = sent(desk)

    answered = answer(desk, accepted, f" {last_code(desk)} ")
    desk.run_due()

    assert (accepted.state, answered.correct, answered.state) == ("awaiting_code", True, "approved")
    assert desk.membership().level == "verified"
    assert desk.history(accepted.id) == [
        "submission.accepted",
        "code.sent",
        "submission.approved",
        "membership.stage_unlocked",
        "mail.sent",
    ]


def test_the_code_goes_to_the_business_address_and_the_result_to_the_member(desk: Desk) -> None:
    accepted = sent(desk)
    answer(desk, accepted, last_code(desk))
    desk.run_due()

    code, result = desk.mails()

    assert (code["To"], result["To"]) == (ADDRESS, "ada@shop.example.com")
    assert f"Your code is {last_code(desk)}\r\n" in words(code)
    assert "within 15 minutes" in words(code)
    assert "Ada" not in words(code)


def test_nothing_but_a_hash_of_the_code_is_kept(desk: Desk) -> None:
    accepted = sent(desk)
    code = last_code(desk)
    answer(desk, accepted, another(code))

    kept = desk.sql(
        "SELECT (SELECT string_agg(t::text, '|') FROM business_email t) || (SELECT string_agg(t::text, '|') FROM audit t)"
        " || (SELECT string_agg(t::text, '|') FROM task t) || coalesce((SELECT string_agg(t::text, '|') FROM mail t), '')"
    )[0][0]

    (row,) = desk.rows(business_email)
    assert row.code_hash in kept
    assert code not in kept.replace(row.code_hash, "")


def test_a_wrong_code_is_counted_and_the_right_one_still_counts(desk: Desk) -> None:
    accepted = sent(desk)

    wrong = answer(desk, accepted, another(last_code(desk)))
    right = answer(desk, accepted, last_code(desk))

    assert (wrong.correct, wrong.state, wrong.tries_left, wrong.chances_left) == (False, "awaiting_code", 4, 4)
    assert (right.correct, right.state) == (True, "approved")


def test_five_wrong_codes_spend_one_chance_and_say_so_by_mail(desk: Desk) -> None:
    accepted = sent(desk)

    states = fail(desk, accepted)
    desk.run_due()

    assert states == ["awaiting_code"] * 4 + ["rejected"]
    view = desk.submission(accepted.id)
    assert view.decision is not None
    assert [each.code for each in view.decision.reasons] == ["wrong_code"]
    assert "entered wrongly too often" in words(desk.mails()[-1])
    assert "You have 4 chances left by this method." in words(desk.mails()[-1])
    assert chances_left(desk) == 4


def test_the_right_code_after_the_last_try_comes_too_late(desk: Desk) -> None:
    accepted = sent(desk)
    code = last_code(desk)
    fail(desk, accepted)

    with pytest.raises(NotAllowed, match="rejected"):
        answer(desk, accepted, code)


def test_five_failed_codes_leave_no_sixth_chance_and_other_methods_open(desk: Desk) -> None:
    for _ in range(5):
        fail(desk, sent(desk))

    with pytest.raises(AttemptsExhausted):
        desk.accept(email_body())
    assert desk.accept(verification_body()).chance == 1


def test_a_code_that_ran_out_spends_its_chance_and_says_so_by_mail(desk: Desk) -> None:
    accepted = sent(desk)
    let_code_run_out(desk)

    desk.run_due()

    mail = desk.mails()[-1]
    assert desk.state(accepted.id) == "expired"
    assert (mail["To"], mail["Subject"]) == (
        "ada@shop.example.com",
        "Your verification for “Verified member” has run out",
    )
    assert "not sent back in time" in words(mail)
    assert "This was your chance no. 1 by this method." in words(mail)
    assert [(each.name, each.state) for each in desk.submission(accepted.id).effects] == [("mail", "sent")]
    assert chances_left(desk) == 4


def test_a_right_code_that_comes_too_late_ends_the_submission(desk: Desk) -> None:
    accepted = sent(desk)
    desk.sql(CODES)

    answered = answer(desk, accepted, last_code(desk))
    desk.sql(TASKS)
    desk.run_due()

    assert (answered.correct, answered.state, answered.chances_left) == (False, "expired", 4)
    assert desk.submission(accepted.id).version == 2
    assert [each["To"] for each in desk.mails()] == [ADDRESS, "ada@shop.example.com"]


def test_the_expiry_of_a_code_that_came_back_changes_nothing(desk: Desk) -> None:
    accepted = sent(desk)
    answer(desk, accepted, last_code(desk))
    let_code_run_out(desk)

    desk.run_due()

    assert desk.state(accepted.id) == "approved"


def test_the_expiry_is_due_when_the_code_runs_out(desk: Desk) -> None:
    sent(desk)

    (row,) = desk.rows(business_email)
    task = desk.only_task(EXPIRE_CODE)

    assert row.code_expires_at - row.code_sent_at == timedelta(minutes=15)
    assert task.due_at == row.code_expires_at


def test_two_right_codes_at_once_approve_once(desk: Desk) -> None:
    accepted = sent(desk)
    code = last_code(desk)

    given, raised = at_once(6, lambda _: answer(desk, accepted, code))
    desk.run_due()

    assert [each.state for each in given] == ["approved"]
    assert {type(each) for each in raised} == {AlreadyThere}
    assert (len(desk.rows(decision)), len(desk.mails())) == (1, 2)


def test_ten_wrong_codes_at_once_use_exactly_five_tries(desk: Desk) -> None:
    accepted = sent(desk)
    wrong = another(last_code(desk))

    given, raised = at_once(10, lambda _: answer(desk, accepted, wrong))

    assert sorted(each.tries_left for each in given) == [0, 1, 2, 3, 4]
    assert {type(each) for each in raised} == {NotAllowed}
    assert desk.state(accepted.id) == "rejected"


def test_a_right_code_and_its_expiry_at_once_end_it_in_one_way(desk: Desk) -> None:
    accepted = sent(desk)
    code = last_code(desk)
    let_code_run_out(desk)

    at_once(2, lambda number: answer(desk, accepted, code) if number else desk.run_due(EXPIRE_CODE))
    desk.run_due()

    assert desk.state(accepted.id) == "expired"
    assert (desk.submission(accepted.id).version, len(desk.mails())) == (2, 2)


def test_twenty_submissions_at_once_take_five_chances(desk: Desk) -> None:
    accepted, raised = at_once(20, lambda _: desk.accept(email_body()).chance or 0)

    assert sorted(accepted) == [1, 2, 3, 4, 5]
    assert {type(each) for each in raised} == {AttemptsExhausted}


def test_a_new_code_takes_the_place_of_the_one_before(desk: Desk) -> None:
    accepted = sent(desk)
    first = last_code(desk)
    desk.sql(PAUSE)

    told = send_again(desk, accepted)
    desk.run_due(SEND_CODE)

    assert (told.codes_left_today, len(desk.mails())) == (8, 2)
    assert first == last_code(desk) or not answer(desk, accepted, first).correct
    assert answer(desk, accepted, last_code(desk)).correct


def test_a_new_code_brings_no_new_tries(desk: Desk) -> None:
    accepted = sent(desk)
    fail(desk, accepted, 4)
    desk.sql(PAUSE)
    send_again(desk, accepted)
    desk.run_due(SEND_CODE)

    assert fail(desk, accepted, 1) == ["rejected"]


def test_a_new_code_has_to_wait_for_the_pause(desk: Desk) -> None:
    accepted = sent(desk)

    with pytest.raises(CodeTooSoon):
        send_again(desk, accepted)

    assert len(desk.tasks(SEND_CODE)) == 1


def test_the_expiry_of_the_code_before_does_not_end_a_new_one(desk: Desk) -> None:
    accepted = sent(desk)
    desk.sql(PAUSE)
    send_again(desk, accepted)
    desk.sql(TASKS)

    desk.run_due()

    assert desk.state(accepted.id) == "awaiting_code"
    assert answer(desk, accepted, last_code(desk)).correct


def test_a_code_that_was_not_sent_yet_cannot_be_wrong(desk: Desk) -> None:
    accepted = desk.accept(email_body())

    with pytest.raises(CodeOnItsWay):
        answer(desk, accepted, "123456")

    (row,) = desk.rows(business_email)
    assert row.tries == 0


def test_while_the_mail_server_is_away_no_time_runs(desk: Desk, tools: Container) -> None:
    away = Desk(variant(tools, own=("mailer",), smtp_url="smtp://127.0.0.1:1"))
    accepted = away.accept(email_body())
    away.perform(desk.only_task(SEND_CODE).id, SEND_CODE, tools=away.tools)
    (row,) = desk.rows(business_email)

    desk.let_backoff_pass()
    desk.run_due(SEND_CODE)

    assert row.code_expires_at is None
    assert answer(desk, accepted, last_code(desk)).correct


def test_an_address_that_gets_no_mail_is_answered_like_any_other(desk: Desk) -> None:
    suppress((ADDRESS,), reason="bounce", source="test", db=desk.tools.db)

    accepted = sent(desk)
    wrong = answer(desk, accepted, "123456")
    let_code_run_out(desk)
    desk.run_due()

    assert (wrong.correct, wrong.state) == (False, "awaiting_code")
    assert desk.state(accepted.id) == "expired"
    assert [each["To"] for each in desk.mails()] == ["ada@shop.example.com"]


def test_a_submission_that_waits_for_a_code_cannot_be_withdrawn(desk: Desk, api: Api) -> None:
    accepted = sent(desk)

    response = api.post(f"/v1/submissions/{accepted.id}/withdraw")

    assert (response.status_code, response.json()["code"]) == (409, "not_allowed")
    assert chances_left(desk) == 4


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("ada@gmail.com", "free_mail_domain"),
        ("ada@mailinator.com", "disposable_domain"),
        ("ada@sub.mailinator.com", "disposable_domain"),
        ("ada@nothing", "invalid_email"),
    ],
)
def test_an_address_of_no_business_is_refused_at_the_door(api: Api, desk: Desk, address: str, code: str) -> None:
    response = api.submit(email_body(address))

    assert response.status_code == 422
    assert problems(response) == [("business_email", code)]
    assert chances_left(desk) == 5


def test_a_domain_that_takes_no_mail_is_refused_at_the_door(desk: Desk) -> None:
    methods = evidence_methods(takes_mail=lambda _: False)
    context = replace(desk.tools.intake, methods=methods)

    with pytest.raises(Invalid) as refused:
        accept(parse_submission(email_body()), door=Door("http", "test", "trace-1"), now=clock.now(), context=context)

    assert [(each.path, each.code) for each in refused.value.problems] == [("business_email", "undeliverable_domain")]
    assert chances_left(desk) == 5


def test_the_addresss_domain_is_compared_with_the_companys_site(desk: Desk) -> None:
    body = email_body()
    body["form"]["company_website"] = "https://www.bluedoor.example.com/shop"
    same = desk.accept(body)
    desk.run_due(SEND_CODE)
    answer(desk, same, last_code(desk))

    view = desk.submission(same.id)

    assert view.decision is not None
    assert view.decision.facts == {"business_email": {"domain": "bluedoor.example.com", "site": "same"}}


def test_the_whole_way_by_http(api: Api, desk: Desk) -> None:
    accepted = api.submit(email_body()).json()
    desk.run_due(SEND_CODE)
    path = f"/v1/submissions/{accepted['id']}/code"

    early = api.post(f"{path}/resend")
    wrong = api.post(path, {"code": another(last_code(desk))}, once="try-1")
    same = api.post(path, {"code": another(last_code(desk))}, once="try-1")
    right = api.post(path, {"code": last_code(desk)})
    late = api.post(path, {"code": last_code(desk)})

    assert (early.status_code, early.json()["code"]) == (409, "code_too_soon")
    assert (wrong.status_code, wrong.json()["tries_left"]) == (200, 4)
    assert same.json() == wrong.json()
    assert (right.status_code, right.json()["state"]) == (200, "approved")
    assert (late.status_code, late.json()["code"]) == (409, "already_there")


def test_a_new_code_is_asked_for_by_http(api: Api, desk: Desk) -> None:
    accepted = sent(desk)
    desk.sql(PAUSE)

    response = api.post(f"/v1/submissions/{accepted.id}/code/resend")

    assert response.status_code == 202
    assert response.json()["codes_left_today"] == 8


def test_a_submission_without_a_code_has_none_to_send_back(api: Api, desk: Desk) -> None:
    accepted = desk.accept(verification_body())

    response = api.post(f"/v1/submissions/{accepted.id}/code", {"code": "123456"})

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
