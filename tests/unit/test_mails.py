import re
from html import unescape
from typing import Any

import pytest
from jinja2 import UndefinedError

from config.policy import load_policy
from pipeline.notification.render import Rendered, render

URL = "https://members.example.com"
TEMPLATES = (
    "avatar_approved",
    "avatar_rejected",
    "better_file",
    "submission_refused",
    "verification_approved",
    "verification_rejected",
)
EVERY = pytest.mark.parametrize("template", TEMPLATES)
MESSAGE = pytest.mark.parametrize("message", [None, "Nice photo"])


def values(**more: Any) -> dict[str, Any]:
    return {
        "name": "Ada Byron",
        "service": "Membership services",
        "member_centre_url": URL,
        "stage": load_policy().stage("verified"),
        "sentences": ["The picture is blurred.", "The picture shows a cat."],
        "message": None,
        "chances_left": 3,
        "chance": 2,
        "kind": "avatar",
        **more,
    }


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def said_in_text(mail: Rendered) -> list[str]:
    """Each line without its bullet; of a link only its words."""
    lines = [line.removeprefix("- ").strip().removesuffix(f": {URL}") for line in mail.text.splitlines()]
    return [in_one_line(line) for line in lines if line not in {"", "--"}]


def said_in_html(mail: Rendered) -> list[str]:
    """Each run of words between two tags, without the title, which is the subject."""
    body = mail.html[mail.html.index("<body") :]
    runs = [in_one_line(unescape(run)) for run in re.split(r"<[^>]*>", body)]
    return [run for run in runs if run not in {"", mail.subject}]


@EVERY
@MESSAGE
@pytest.mark.parametrize("kind", ["avatar", "verification"])
@pytest.mark.parametrize("chances_left", [0, 1, 3])
def test_text_and_html_say_the_same(template: str, message: str | None, kind: str, chances_left: int) -> None:
    mail = render(template, values(message=message, kind=kind, chances_left=chances_left))

    assert said_in_html(mail) == said_in_text(mail)


@EVERY
def test_a_mail_has_a_subject_a_greeting_a_link_and_who_sent_it(template: str) -> None:
    mail = render(template, values())

    assert "\n" not in mail.subject
    assert mail.text.startswith("Dear Ada Byron,\n")
    assert f": {URL}\n" in mail.text
    assert f'href="{URL}"' in mail.html
    assert "Membership services sent this" in mail.text
    assert mail.text.endswith("\n")
    assert "\n\n\n" not in mail.text


@EVERY
def test_the_title_of_the_html_is_the_subject(template: str) -> None:
    mail = render(template, values())

    title = re.search(r"<title>(.*)</title>", mail.html)
    assert title is not None
    assert unescape(title[1]) == mail.subject


@pytest.mark.parametrize("template", [each for each in TEMPLATES if each != "submission_refused"])
def test_the_reviewers_message_is_in_the_mail(template: str) -> None:
    mail = render(template, values(message="Nice photo"))

    assert "A word from the reviewer: Nice photo" in mail.text


@pytest.mark.parametrize("template", [each for each in TEMPLATES if "approved" not in each])
def test_every_sentence_of_the_reasons_is_in_the_mail(template: str) -> None:
    mail = render(template, values())

    assert "- The picture is blurred.\n- The picture shows a cat.\n" in mail.text


@EVERY
@pytest.mark.parametrize("missing", ["name", "service", "member_centre_url"])
def test_a_value_that_is_missing_is_an_error_and_not_a_gap(template: str, missing: str) -> None:
    given = values()
    del given[missing]

    with pytest.raises(UndefinedError, match=missing):
        render(template, given)


@pytest.mark.parametrize(
    ("template", "missing"),
    [
        ("avatar_approved", "message"),
        ("avatar_rejected", "sentences"),
        ("submission_refused", "sentences"),
        ("submission_refused", "kind"),
        ("verification_approved", "stage"),
        ("verification_rejected", "stage"),
        ("verification_rejected", "chances_left"),
    ],
)
def test_a_value_of_its_own_that_is_missing_is_an_error(template: str, missing: str) -> None:
    given = values()
    del given[missing]

    with pytest.raises(UndefinedError, match=missing):
        render(template, given)


@EVERY
def test_markup_in_a_name_or_message_stays_words(template: str) -> None:
    mail = render(template, values(name="<script>Ada</script>", message="<b>Nice</b>", sentences=["<i>No</i>"]))

    assert mail.text.startswith("Dear <script>Ada</script>,")
    assert "<script>" not in mail.html
    assert "<b>" not in mail.html
    assert "<i>" not in mail.html


@pytest.mark.parametrize(
    ("chances_left", "says"),
    [
        (0, "This was the last chance by this method."),
        (1, "You have 1 chance left by this method."),
        (4, "You have 4 chances left by this method."),
    ],
)
def test_a_rejected_verification_says_how_many_chances_are_left(chances_left: int, says: str) -> None:
    assert says in render("verification_rejected", values(chances_left=chances_left)).text


def test_a_stage_that_is_unlocked_is_told_with_its_benefits() -> None:
    mail = render("verification_approved", values())

    assert mail.subject == "You are now: Verified member"
    assert "- browse\n- send inquiries\n- verified badge\n" in mail.text
