"""Somebody writes a message where a name belongs, and has it sent to a stranger in our name."""

from email.message import EmailMessage

import pytest

from pipeline.policy.mail_templates import MailTemplate
from tests.support.account import Account, person
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.mails import wrote

PHISHING = [
    "Your account is locked, https://evil.example/unlock",
    "Verify at evil.example now",
    "Call 0800 555 0199",
    "ana@evil.example",
    "\u202eelpmaxe.live//:sptth",
    "Ana\r\nBcc: all@evil.example",
    "<a href=//evil.example>Ana</a>",
    "evil\uff0eexample",
]
MARKS = ("evil", "0800", "locked", "elpmaxe", "Bcc", "href=//", "\u202e", "\uff0e")


@pytest.fixture
def account(api: Api, desk: Desk) -> Account:
    return Account(api, desk)


def said(mail: EmailMessage) -> str:
    """All that the reader sees, and the headers."""
    parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    return "\n".join([*(f"{name}: {value}" for name, value in mail.items()), *parts])


def carried(mail: EmailMessage) -> list[str]:
    return [each for each in MARKS if each in said(mail)]


def named(account: Account, desk: Desk, name: str) -> None:
    """A member with this name, however it came in: what the doors let through is theirs to say."""
    account.put("personal-information", person())
    desk.sql(
        "UPDATE account_section SET content = jsonb_set(content, '{name}', to_jsonb(CAST(:name AS text)))", name=name
    )


def submission(desk: Desk, name: str) -> None:
    desk.submit_avatar()
    desk.sql("UPDATE submission SET member = jsonb_set(member, '{name}', to_jsonb(CAST(:name AS text)))", name=name)


def only_mail(desk: Desk) -> EmailMessage:
    desk.run_due()
    (mail,) = desk.mails()
    return mail


@pytest.mark.parametrize("name", [*PHISHING, "Ana Lima"])
def test_the_code_for_an_address_that_is_not_confirmed_comes_without_a_name(
    account: Account, desk: Desk, name: str
) -> None:
    named(account, desk, name)
    assert account.post("email/code", {}).status_code == 202

    mail = only_mail(desk)

    assert carried(mail) == []
    assert "Ana" not in said(mail)
    assert "Hello," in said(mail)


@pytest.mark.parametrize("name", [*PHISHING, "Ana Lima"])
def test_news_to_an_address_that_nobody_vouches_for_come_without_a_name(
    account: Account, desk: Desk, name: str
) -> None:
    named(account, desk, name)
    assert wrote(desk.tools, MailTemplate.POINTS)

    mail = only_mail(desk)

    assert carried(mail) == []
    assert "Ana" not in said(mail)


@pytest.mark.parametrize("name", PHISHING)
def test_a_result_never_says_a_message_in_place_of_a_name(desk: Desk, name: str) -> None:
    submission(desk, name)
    desk.inspect()
    desk.reject()

    mail = only_mail(desk)

    assert carried(mail) == []
    assert "Hello," in said(mail)


def test_a_result_greets_a_member_by_a_name_that_is_one(desk: Desk) -> None:
    submission(desk, "Zoë O'Neil")
    desk.inspect()
    desk.reject()

    assert "Dear Zoë O'Neil," in said(only_mail(desk))


def test_the_names_of_files_and_forms_are_in_no_mail(desk: Desk) -> None:
    key = desk.upload(b"no picture at all")
    desk.accept(avatar_body(key, filename="https://evil.example/unlock.jpg", media_type="image/evil"))

    mail = only_mail(desk)

    assert carried(mail) == []
