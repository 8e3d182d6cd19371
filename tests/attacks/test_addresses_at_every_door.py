"""One rule says which e-mail addresses are taken, and in which form: at the API, the queue, the command and the account."""

from typing import Any, Final

import pytest

from pipeline.account.rules.contacts import email_address
from pipeline.kernel.errors import Invalid
from pipeline.kernel.validation import parse, parse_submission
from schemas.mail_events import AddressRequest, MailEvent
from tests.support.bodies import avatar_body, member
from tests.support.methods import email_body

LONG: Final = "a" * 64
DOTS: Final = "has two dots in a row"
TOO_LONG: Final = "too long for mail servers"

RIGHT: Final = (
    ("ada@shop.example.com", "ada@shop.example.com"),
    (" Ada@SHOP.Example.com ", "Ada@shop.example.com"),
    ("ada@xn--bcher-kva.example.com", "ada@bücher.example.com"),
    ("ada@bücher.example.com", "ada@bücher.example.com"),
    ("用户@例子.广告", "用户@例子.广告"),
    ("zoë@shop.example.com", "zoë@shop.example.com"),
    (f"{LONG}@shop.example.com", f"{LONG}@shop.example.com"),
    ("o'hara+b2b@shop.example.com", "o'hara+b2b@shop.example.com"),
)
WRONG: Final = (
    (f"{LONG}a@shop.example.com", TOO_LONG),
    (f"{'é' * 33}@shop.example.com", TOO_LONG),
    ("a..b@docomo.ne.jp", DOTS),
    ("ab.@docomo.ne.jp", DOTS),
    (".ab@ezweb.ne.jp", DOTS),
    ("Ada <ada@shop.example.com>", "Give"),
    ("ada@localhost", "Give"),
    ("ada", "one @"),
    ("@shop.example.com", "one @"),
    ("ada@shop..example.com", "Give"),
    ("ada@[192.0.2.1]", "Give"),
    ("ada byron@shop.example.com", "Give"),
    (f"ada@{'a' * 64}.com", "Give"),
)


def kept_at_each_door(written: str) -> dict[str, str]:
    """The address as each door hands it on."""
    body = {**avatar_body(), "member": member(email=written)}
    return {
        "submission": parse_submission(body).member.email,
        "business": parse_submission(email_body(written)).business_email,
        "account": email_address(written),
        "feedback": parse(MailEvent, {"type": "bounce", "recipient": written, "provider": "x"}).recipient,
        "lift": parse(AddressRequest, {"address": written}).address,
    }


@pytest.mark.parametrize(("written", "kept"), RIGHT)
def test_an_address_is_taken_alike_at_every_door(written: str, kept: str) -> None:
    assert set(kept_at_each_door(written).values()) == {kept}


@pytest.mark.parametrize(("written", "words"), WRONG)
@pytest.mark.parametrize("door", ["submission", "business", "account", "feedback", "lift"])
def test_what_is_no_address_is_refused_alike_at_every_door_in_plain_words(written: str, words: str, door: str) -> None:
    doors: dict[str, Any] = {
        "submission": lambda: parse_submission({**avatar_body(), "member": member(email=written)}),
        "business": lambda: parse_submission(email_body(written)),
        "account": lambda: email_address(written),
        "feedback": lambda: parse(MailEvent, {"type": "bounce", "recipient": written, "provider": "x"}),
        "lift": lambda: parse(AddressRequest, {"address": written}),
    }

    with pytest.raises(Invalid) as caught:
        doors[door]()

    (problem,) = caught.value.problems
    assert problem.code == "invalid_email"
    assert words in problem.message
