import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from babel.messages.catalog import Message

from cli.messages import PIPELINE, catalogue, catalogue_file, is_translated, of_policy, up_to_date, update
from cli.messages import messages as all_messages
from config.policy import load_policy
from pipeline.notification.catalogues import TRANSLATED
from pipeline.notification.render import environment
from pipeline.policy.mail_templates import MailTemplate
from pipeline.policy.methods import SeenByPerson

PLACE = re.compile(r"%\(\w+\)s|\{[^}]*\}")
SAME_IN_ANOTHER_LANGUAGE: Final = {"{time} ({zone})"}
CODE: Final = re.compile(r"[a-z0-9_]*|[0-9_-]+(to|over)?")
READ_BY_NO_MEMBER: Final = (
    "edition",
    "version",
    "avatar",
    "business_email",
    "clock",
    "identities",
    "spend",
    "files",
    "account",
    "facts",
)
"""Parts of the policy that reviewers, operators and programs read; so is the part of a method that a person judges."""

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
    assert catalogue_file(language).read_bytes() == up_to_date(language), "run: make messages"


@EACH
def test_every_message_is_translated_and_none_is_a_guess(language: str) -> None:
    wanting = [each.id for each in messages(language) if not is_translated(each)]

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


@EACH
def test_no_translation_is_the_english_sentence(language: str) -> None:
    same = {each.id for each in messages(language) if each.string in texts(each.id)}

    assert same <= SAME_IN_ANOTHER_LANGUAGE


def test_every_text_of_the_policy_is_translated_or_is_read_by_no_member() -> None:
    checklists = {name for name, part in load_policy() if isinstance(part, SeenByPerson)}
    policy = load_policy().model_dump(mode="json", exclude={*READ_BY_NO_MEMBER, *checklists})

    left = {text for text in strings(policy) if not CODE.fullmatch(text)} - set(of_policy(load_policy()))

    assert left == set()


def strings(found: Any) -> Iterator[str]:
    """Every string of a document, without the names of its fields."""
    if isinstance(found, dict | list):
        for each in found.values() if isinstance(found, dict) else found:
            yield from strings(each)
    elif isinstance(found, str):
        yield found


def test_every_name_of_a_content_that_a_finding_may_give_is_marked_for_translation() -> None:
    marking = [text for file in PIPELINE.rglob("*.py") if "import msgid" in (text := file.read_text())]
    literals = {node.value for text in marking for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}

    names = {each for each in literals if isinstance(each, str) and re.fullmatch(r"an? [\w /-]+", each)}

    assert len(names) > 20
    assert names - {each.id for each in all_messages()} == set()


@pytest.mark.parametrize(("language", "plurals"), [("fr", 2), ("pl", 3)])
def test_a_language_without_a_catalogue_gets_one(tmp_path: Path, language: str, plurals: int) -> None:
    update([language], tmp_path)

    made = catalogue(language, tmp_path)
    assert {each.id for each in made} == {each.id for each in all_messages()}
    assert (made.num_plurals, any(is_translated(each) for each in made if each.id)) == (plurals, False)


def test_a_translation_stays_and_what_nothing_says_any_more_goes(tmp_path: Path) -> None:
    update(["fr"], tmp_path)
    file = catalogue_file("fr", tmp_path)
    gone = '\nmsgid "Nobody says this."\nmsgstr "Personne ne dit ceci."\n'
    file.write_text(file.read_text().replace('msgid "Hello,"\nmsgstr ""', 'msgid "Hello,"\nmsgstr "Bonjour,"') + gone)

    update(["fr"], tmp_path)

    assert catalogue("fr", tmp_path)["Hello,"].string == "Bonjour,"
    assert "Nobody says this." not in catalogue("fr", tmp_path)


def test_every_template_has_its_file_and_every_file_its_template() -> None:
    found = environment("text", "en").list_templates(filter_func=lambda name: "/" not in name)

    assert sorted(f"{template}.jinja" for template in MailTemplate) == found
