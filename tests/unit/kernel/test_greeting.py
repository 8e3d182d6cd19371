"""What a greeting may say."""

import pytest

from pipeline.kernel.rules.greeting import greeting_name


@pytest.mark.parametrize(
    "name",
    [
        "Ana Lima",
        "Zoë O\u2019Neil",
        "Jean-Luc d'Arc",
        "J.R.R. Tolkien",
        "Dr. Wei Li",
        "王小明",
        "マリア・ロペス",
        "Ольга Иванова",
        "محمد علي",
        "अनिल कुमार",
        "Nguyễn Thị Ánh",
        "Lima & Sons (Porto)",
        "Ana 2",
    ],
)
def test_a_name_is_said_as_it_is(name: str) -> None:
    assert greeting_name(name) == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("  Ana \t Lima ", "Ana Lima"),
        ("Ana\r\nBcc: all", ""),
        ("Ana\nLima", "Ana Lima"),
        ("Ana\x1b[31m", ""),
        ("Ana\x07 Lima", "Ana Lima"),
        ("\u202eamiL anA", "amiL anA"),
        ("A\u200bna\u2066 Lima\u2069", "Ana Lima"),
        ("Ana\u2028Lima", "Ana Lima"),
        ("Ana\U000e0041", "Ana"),
    ],
)
def test_what_does_not_show_is_left_out(name: str, said: str) -> None:
    assert greeting_name(name) == said


@pytest.mark.parametrize(
    "name",
    [
        "Your account is locked, https://evil.example/x",
        "http://evil.example",
        "HTTPS://EVIL.EXAMPLE",
        "hxxps://evil",
        "go to www.evil",
        "evil.example",
        "Ana evil.com Lima",
        "evil\u200b.com",
        "evil\uff0ecom",
        "evil\u3002com",
        "\u0435vil.\u0440\u0444",
        "\uff45\uff56\uff49\uff4c.\uff43\uff4f\uff4d",
        "ana@evil",
        "call 0800 123 456",
        "(555) 01-23",
        "<b>Ana</b>",
        "[Ana](evil)",
        "Ana/Lima",
        "You won!",
        "Really?",
        "Pay 100 €",
        "{{ 7*7 }}",
        "Your account is locked and will be deleted today",
        "x" * 61,
        "12",
        "…",
        "🎉 Ana",
        "",
        " ",
    ],
)
def test_what_is_no_name_is_not_said(name: str) -> None:
    assert greeting_name(name) == ""
