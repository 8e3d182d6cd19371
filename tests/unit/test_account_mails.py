import pytest
from jinja2 import UndefinedError

from pipeline.notification.render import render

VALUES = {
    "name": "Ada <Byron>",
    "service": "Membership services",
    "member_centre_url": "https://members.example.com",
    "code": "042117",
    "valid_until": "12:15 UTC",
}


def test_the_mail_with_a_code_says_the_same_in_text_and_html() -> None:
    mail = render("email_code", VALUES)

    assert mail.subject == "Your code for confirming your e-mail address"
    assert ["042117" in words and "12:15 UTC" in words for words in (mail.text, mail.html)] == [True, True]
    assert ("Dear Ada <Byron>," in mail.text, "Dear Ada &lt;Byron&gt;," in mail.html) == (True, True)


def test_it_does_not_say_that_anybody_asked_for_a_review() -> None:
    mail = render("email_code", VALUES)

    assert "review" not in mail.text
    assert "review" not in mail.html


@pytest.mark.parametrize("missing", sorted(VALUES))
def test_a_value_that_is_missing_is_an_error_and_never_a_gap(missing: str) -> None:
    with pytest.raises(UndefinedError):
        render("email_code", {name: value for name, value in VALUES.items() if name != missing})
