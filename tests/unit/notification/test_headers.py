"""Subjects and senders of any script leave as RFC 2047 says, and are read as they were written, on every Python."""

import base64
import random
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest

from pipeline.notification.headers import recipient_line, sender_line, text_line

ENCODED = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=")
SCRIPTS = (
    "会员等级已开通审核结果材料请重新上传店铺名称，。：“” -",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя «»—:, ",
    "abcdefghijklmnopqrstuvwxyz éèñüßçå ABCDEFGH  –“”?=_,:",
)


def titles() -> Iterator[str]:
    """4,000 titles, the same in each run: a third in each script, the half of them after words in English."""
    chance = random.Random(2047)  # noqa: S311
    for number in range(4000):
        letters = SCRIPTS[number % 3]
        own = "".join(chance.choice(letters) for _ in range(chance.randint(1, 120)))
        yield f"{'You are now: ' if number % 2 else ''}{own}".strip() or "x"


def read_by_rule(line: bytes) -> str:
    """What RFC 2047 says that a line means, without the library: white space between encoded words is not shown."""
    value = line.decode("ascii").removesuffix("\r\n").partition(": ")[2].replace("\r\n", "")
    words = ENCODED.findall(value)
    return "".join(base64.b64decode(each).decode() for each in words) if words else value


def test_four_thousand_titles_in_three_scripts_come_back_as_they_were_written() -> None:
    lines = {title: text_line("Subject", title) for title in titles()}

    assert {title: read_by_rule(line) for title, line in lines.items()} == {title: title for title in lines}
    assert {title: str(make_header(decode_header(_value(line)))) for title, line in lines.items()} == {
        title: title for title in lines
    }


def test_no_line_is_longer_than_mail_allows_nor_has_other_letters() -> None:
    every = [line for title in titles() for line in text_line("Subject", title).split(b"\r\n")]

    assert max(len(line) for line in every) <= 76
    assert all(line.isascii() for line in every)


@pytest.mark.parametrize(
    "subject",
    [
        "Your new avatar was not approved",
        "=?utf-8?b?SGVsbG8=?= is no greeting",
        "two  spaces",
        " ends with spaces ",
        "a" * 200,
        "tab\there",
        "🧾" * 40,
        "e\u0301" * 50,
        "Hello\r\nBcc: all@example.com",
    ],
)
def test_what_looks_like_something_else_stays_one_header(subject: str) -> None:
    line = text_line("Subject", subject)

    assert read_by_rule(line) == subject
    assert list(message_from_bytes(line + b"\r\n", policy=policy.compat32).keys()) == ["Subject"]


@pytest.mark.parametrize(
    "name", ["Membership services", 'Ada "the" Desk', "会员服务中心" * 8, "Müller & Söhne", "", "a" * 90]
)
def test_the_sender_is_read_as_it_is_called(name: str) -> None:
    shown, address = parseaddr(_value(sender_line(name, "no-reply@proofdesk.example")))

    assert (str(make_header(decode_header(shown))), address) == (name, "no-reply@proofdesk.example")


def test_a_recipient_in_another_script_stands_as_it_is() -> None:
    assert recipient_line("用户@xn--fsqu00a.example") == "To: 用户@xn--fsqu00a.example\r\n".encode()


def _value(line: bytes) -> str:
    return line.decode("ascii").removesuffix("\r\n").partition(": ")[2].replace("\r\n", "")
