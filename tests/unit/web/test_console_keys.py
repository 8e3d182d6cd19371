"""The table of the console's keys: nothing in it is without effect, and the page and the documentation are made from it."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support.console_keys import DOCUMENT, with_keys
from web.console.shortcuts import SHORTCUTS, bindings, control, hint, titled

CONSOLE = Path(__file__).parents[3] / "web/console"
ACTIONS = sorted({action for _, action, _ in bindings()})


def sources(folder: str, ending: str) -> str:
    return "\n".join(path.read_text() for path in sorted((CONSOLE / folder).glob(f"*{ending}")))


TEMPLATES, SCRIPTS = sources("templates", ".html"), sources("static", ".js")


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_has_a_control_or_a_script(action: str) -> None:
    controlled = f'control("{action}")' in TEMPLATES or f'data-do="{action}"' in TEMPLATES
    scripted = re.search(rf'^\s+"?{action}"?: \(', SCRIPTS, re.MULTILINE) is not None

    assert controlled or scripted


def test_a_key_does_one_thing_in_one_place() -> None:
    counted = Counter((key, place) for key, _, where in bindings() for place in where)

    assert [each for each, count in counted.items() if count > 1] == []


def test_no_key_but_those_that_leave_or_send_acts_in_a_text_field() -> None:
    assert sorted(key for key, _, where in bindings() if "field" in where) == ["Ctrl+Enter", "Enter", "Escape"]


def test_a_template_names_no_key_itself() -> None:
    named = re.findall(r"<kbd>[^<]*</kbd>", TEMPLATES)

    assert sorted(set(named)) == ["<kbd>{{ loop.index }}</kbd>", "<kbd>{{ question.digit }}</kbd>"]


def test_a_control_says_its_keys_to_the_eye_and_to_a_screen_reader() -> None:
    assert hint("approve") == "<kbd>A</kbd>"
    assert control("approve") == 'data-do="approve" aria-keyshortcuts="A"'
    assert hint("queue") == "<kbd>G</kbd> <kbd>Q</kbd>"
    assert control("submit") == 'data-do="submit" aria-keyshortcuts="Enter Control+Enter"'
    assert control("box-add") == 'data-do="box-add" aria-keyshortcuts="Plus"'
    assert titled("zoom") == "Zoom (Z + -)"


def test_an_action_without_a_key_has_no_hint() -> None:
    assert hint("beside") == ""
    assert control("beside") == 'data-do="beside"'


def test_the_documentation_is_made_from_the_table() -> None:
    document = DOCUMENT.read_text()

    assert with_keys(document) == document, "run: make keys"
    assert all(f"| **{title}** | |" in document for title in SHORTCUTS)
