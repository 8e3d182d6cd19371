import re
from collections.abc import Sequence
from typing import Any

import pytest
from babel.messages.catalog import Message

from pipeline.notification.render import environment
from pipeline.policy.mail_templates import CATEGORIES
from tests.support.messages import TRANSLATED, brought_up_to_date, catalogue, catalogue_file

PLACE = re.compile(r"%\(\w+\)s|\{[^}]*\}")
EACH = pytest.mark.parametrize("language", TRANSLATED)


def texts(of: Any) -> Sequence[str]:
    """A message has one text, or one for each plural."""
    return of if isinstance(of, tuple | list) else (of,)


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def places(text: str) -> list[str]:
    return sorted(PLACE.findall(text))


@EACH
def test_a_catalogue_has_exactly_the_messages_that_mails_say(language: str) -> None:
    assert catalogue_file(language).read_bytes() == brought_up_to_date(language), "run: make messages"


@EACH
def test_every_message_is_translated_and_none_is_a_guess(language: str) -> None:
    wanting = [each.id for each in messages(language) if each.fuzzy or not all(texts(each.string))]

    assert len(messages(language)) > 100
    assert wanting == []


@EACH
def test_every_translation_has_the_places_of_its_message(language: str) -> None:
    differing = [
        each.id
        for each in messages(language)
        if any(places(text) != places(texts(each.id)[-1]) for text in texts(each.string))
    ]

    assert differing == []


@EACH
def test_a_language_has_a_text_for_each_of_its_plurals(language: str) -> None:
    wrong = [
        each.id
        for each in messages(language)
        if each.pluralizable and len(texts(each.string)) != catalogue(language).num_plurals
    ]

    assert wrong == []


def test_every_template_has_a_category_or_none_and_every_one_of_the_table_is_there() -> None:
    found = environment("text", "en").list_templates(filter_func=lambda name: "/" not in name)

    assert sorted(f"{name}.jinja" for name in CATEGORIES) == found
