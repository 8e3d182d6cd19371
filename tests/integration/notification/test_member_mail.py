from typing import Any

import pytest

from config.container import Container
from pipeline.notification.suppression import suppress
from pipeline.notification.tables import mail
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission.audit import audit
from pipeline.tasks.rules import SEND_MAIL
from tests.support.account import ADDRESS, Account, person
from tests.support.bodies import avatar_body, member
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.mails import frozen, member_mail, words, wrote

NEWS = [template for template in MailTemplate if template.category]
UPSTREAM = "ada@upstream.example.com"


@pytest.fixture
def account(api: Api, desk: Desk) -> Account:
    return Account(api, desk)


def submitted(desk: Desk, **more: Any) -> None:
    """A submission, with which upstream tells us of the member."""
    desk.accept({**avatar_body(), "member": member(email=UPSTREAM, **more)})


def left_out(desk: Desk) -> list[str]:
    return [row.detail["why"] for row in desk.rows(audit) if row.event == "letter.left_out"]


@pytest.mark.parametrize("template", NEWS)
def test_news_are_sent_with_the_way_out_of_their_category(desk: Desk, template: MailTemplate) -> None:
    submitted(desk)

    assert wrote(desk.tools, template)
    desk.run_due(SEND_MAIL)

    (sent,) = desk.mails()
    assert (sent["To"], sent["X-Submission-ID"]) == (UPSTREAM, None)
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent["List-Unsubscribe"].strip("<>") in words(sent)


def test_a_member_is_written_to_in_their_language_and_on_their_clock(desk: Desk) -> None:
    submitted(desk, locale="zh-CN", timezone="Asia/Shanghai")

    wrote(desk.tools, MailTemplate.REVIEW_DELAYED)

    row = frozen(desk)
    assert (row.locale, row.subject) == ("zh-CN", "您的认证审核可能会延迟")
    assert "2026年12月1日星期二 00:00（中国标准时间）" in row.text


def test_what_the_account_says_of_the_reader_goes_before_what_upstream_said(account: Account, desk: Desk) -> None:
    submitted(desk, locale="en", timezone="Asia/Shanghai")
    account.put("personal-information", person(name="Ada B.", locale="es-MX", timezone="America/Mexico_City"))

    wrote(desk.tools, MailTemplate.REVIEW_DELAYED)

    assert "Hola, Ada B.:" in frozen(desk).text
    assert "hora estándar central" in frozen(desk).text


def test_an_address_that_was_confirmed_goes_before_the_one_that_upstream_named(account: Account, desk: Desk) -> None:
    submitted(desk)
    account.put("personal-information", person())
    assert wrote(desk.tools, MailTemplate.POINTS)
    desk.run_due()
    account.confirm()

    assert wrote(desk.tools, MailTemplate.POINTS)

    assert [row.recipient for row in desk.rows(mail) if row.template == MailTemplate.POINTS] == [UPSTREAM, ADDRESS]


def test_a_member_who_left_the_category_gets_none_and_the_history_says_so(account: Account, desk: Desk) -> None:
    submitted(desk)
    account.leave("membership_services")

    assert [wrote(desk.tools, each) for each in NEWS] == [False, False, True, True]
    assert left_out(desk) == ["unsubscribed", "unsubscribed"]


def test_a_suppressed_address_or_none_gets_no_mail(desk: Desk, tools: Container) -> None:
    submitted(desk)
    suppress((UPSTREAM,), reason="bounce", source="test", db=tools.db)

    assert (wrote(tools, MailTemplate.POINTS), wrote(tools, MailTemplate.POINTS, member_id="m-unknown")) == (
        False,
        False,
    )
    assert left_out(desk) == ["suppressed", "unknown_address"]
    assert desk.tasks(SEND_MAIL) == []


def test_a_code_is_written_to_a_member_who_left_everything_and_has_no_way_out(account: Account, desk: Desk) -> None:
    submitted(desk)
    account.put("subscriptions", {"categories": dict.fromkeys(desk.tools.policy.subscriptions, False)})

    assert wrote(desk.tools, MailTemplate.EMAIL_CODE)
    assert frozen(desk).headers is None


def test_one_cause_is_told_once(desk: Desk, tools: Container) -> None:
    submitted(desk)
    news = member_mail(MailTemplate.POINTS, tools)

    with tools.db.begin() as connection:
        tools.notify_member(connection, news)
        tools.notify_member(connection, news)
    desk.run_due(SEND_MAIL)

    assert len(desk.mails()) == 1


def test_benefits_may_be_named_by_the_codes_of_the_policy(desk: Desk, tools: Container) -> None:
    submitted(desk, locale="es")

    wrote(tools, MailTemplate.LEVEL_UNLOCKED, new_benefits=["priority_support"])

    assert "- Atención prioritaria\n" in frozen(desk).text
