import re
from typing import Any

import pytest
from jinja2 import UndefinedError

from pipeline.notification.reader import reader_of
from pipeline.notification.render import Rendered, render
from pipeline.notification.samples import Facts, variants
from pipeline.policy.mail_templates import MailTemplate
from tests.support.mail_samples import FACTS, LOCALES, POLICY, SENDER, URL, mail_of, said, said_in_html, with_everything

EVERY = pytest.mark.parametrize(
    ("template", "facts"), [(key[0], facts) for key, facts in FACTS.items()], ids=[", ".join(key) for key in FACTS]
)
LANGUAGE = pytest.mark.parametrize("locale", LOCALES)
STAGE = POLICY.ladder[1]


def failed(template: MailTemplate = MailTemplate.VERIFICATION_REJECTED, **more: Any) -> Rendered:
    return mail_of(template, {**next(iter(variants(template, POLICY).values())), **more})


@EVERY
@LANGUAGE
def test_text_and_html_say_the_same(template: MailTemplate, facts: Facts, locale: str) -> None:
    mail = mail_of(template, facts, locale)

    assert said_in_html(mail) == said(mail.text)


@EVERY
@LANGUAGE
def test_a_mail_has_one_subject_no_gaps_and_a_link(template: MailTemplate, facts: Facts, locale: str) -> None:
    mail = mail_of(template, facts, locale)

    assert re.findall(r"<title>(.*)</title>|<h1[^>]*>(.*)</h1>", mail.html) == [
        (mail_title(mail), ""),
        ("", mail_title(mail)),
    ]
    assert "\n\n\n" not in mail.text
    assert (f": {URL}\n" in mail.text, f'href="{URL}"' in mail.html) == (True, True)


def mail_title(mail: Rendered) -> str:
    """The subject as it stands in HTML."""
    assert "\n" not in mail.subject
    return mail.subject.replace("&", "&amp;")


@EVERY
@pytest.mark.parametrize("locale", [locale for locale in LOCALES if not locale.startswith("en")])
def test_no_english_sentence_is_left_in_a_mail_of_another_language(
    template: MailTemplate, facts: Facts, locale: str
) -> None:
    left = {
        line for given in with_everything(facts) for line in lines(template, given, locale) & lines(template, given)
    }

    assert left <= {"--", facts.get("message")}


def lines(template: MailTemplate, facts: Facts, locale: str = "en-GB") -> set[str]:
    """What the mail says, a sentence, title or item each."""
    mail = mail_of(template, facts, locale)
    return {line.removeprefix("- ") for line in (mail.subject, *mail.text.splitlines()) if line}


@EVERY
def test_no_mail_in_chinese_has_an_english_word(template: MailTemplate, facts: Facts) -> None:
    said_of_all = [mail_of(template, given, "zh-CN") for given in with_everything(facts)]

    words = re.sub(
        r"https://\S+|image/png|text/html|Ada Byron|OK – ",
        "",
        "\n".join(each.subject + each.text for each in said_of_all),
    )
    assert set(re.findall(r"[A-Za-z]{2,}", words)) <= {"RFQ", "PDF", "JPEG", "PNG", "MB", "US", "Apple"}


@pytest.mark.parametrize(
    ("template", "fact"),
    [
        (template, fact)
        for template in MailTemplate
        for fact in ("name", *next(iter(variants(template, POLICY).values())))
    ],
)
def test_a_value_that_is_missing_is_an_error_and_never_a_gap(template: MailTemplate, fact: str) -> None:
    given = {"name": "Ada", **next(iter(variants(template, POLICY).values()))}
    del given[fact]

    with pytest.raises(UndefinedError, match=fact):
        render(template, given, reader=reader_of("en"), sender=SENDER)


def test_markup_in_a_message_stays_words_and_one_in_a_name_is_not_said() -> None:
    mail = failed(message="<b>Nice</b>\nReally", sentences=["<i>No</i>"], name="<script>Ada</script>")

    assert mail.text.startswith("Hello,\n")
    assert [tag for tag in ("script", "<b>", "<i>") if tag in mail.html] == []
    assert "&lt;b&gt;Nice&lt;/b&gt;" in mail.html


def test_an_ampersand_in_a_name_is_escaped() -> None:
    mail = failed(name="Lima & Sons")

    assert mail.text.startswith("Dear Lima & Sons,")
    assert "Dear Lima &amp; Sons," in mail.html


def test_somebody_whose_name_is_not_known_is_greeted_without_one() -> None:
    assert failed(name="").text.startswith("Hello,\n")


@pytest.mark.parametrize(
    ("locale", "left", "says"),
    [
        ("en-GB", 1, "You have 1 chance left by this method."),
        ("en-GB", 4, "You have 4 chances left by this method."),
        ("es-MX", 1, "Le queda 1 oportunidad con este método."),
        ("es-MX", 4, "Le quedan 4 oportunidades con este método."),
        ("zh-CN", 1, "该方式还剩 1 次机会。"),
    ],
)
def test_a_failure_says_how_many_chances_are_left(locale: str, left: int, says: str) -> None:
    facts = FACTS[MailTemplate.VERIFICATION_REJECTED, "chances left"]

    assert says in mail_of(MailTemplate.VERIFICATION_REJECTED, {**facts, "chances_left": left}, locale).text


def test_a_stage_that_is_unlocked_is_told_with_its_benefits_by_their_titles() -> None:
    mail = failed(MailTemplate.VERIFICATION_APPROVED)

    assert mail.subject == "You are now: Verified member"
    assert (
        "- Browsing all offers\n- Sending inquiries to suppliers\n- The “verified” badge on your public page\n"
        in mail.text
    )


def test_a_mail_with_a_code_does_not_say_that_anybody_asked_for_a_review() -> None:
    assert ["review" in failed(each).text for each in (MailTemplate.EMAIL_CODE, MailTemplate.BUSINESS_EMAIL_CODE)] == [
        False,
        False,
    ]


@EVERY
def test_only_mails_of_a_category_say_how_to_leave_it(template: MailTemplate, facts: Facts) -> None:
    mail = mail_of(template, facts)

    leaves = template.category is not None
    assert ("Unsubscribe from mails of this kind: https://" in mail.text, "/v1/unsubscribe/" in mail.html) == (
        leaves,
        leaves,
    )


def test_times_are_on_the_members_clock_and_in_their_words() -> None:
    facts = FACTS[MailTemplate.REVIEW_DELAYED, "verification"]

    said_by = {locale: " ".join(mail_of(MailTemplate.REVIEW_DELAYED, facts, locale).text.split()) for locale in LOCALES}

    assert "Monday, 30 November 2026, 16:00 (Greenwich Mean Time)" in said_by["en-GB"]
    assert "2026年12月1日星期二 00:00（中国标准时间）" in said_by["zh-CN"]
    assert "lunes, 30 de noviembre de 2026, 10:00 a.m. (hora estándar central)" in said_by["es-MX"]
