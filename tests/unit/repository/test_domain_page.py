"""docs/domain.md leads a reader from each rule of the domain to its code and its test. Nothing else notices when one of them is renamed, so
each place and each test that the page names must exist."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[3]
QUOTED = re.compile(r"`([^`]+)`")
HEADINGS = {"rule", "---"}


class Rule(NamedTuple):
    words: str
    places: list[str]
    tests: list[str]


def rule_of(line: str) -> Rule:
    words, places, tests = (cell.strip() for cell in line.strip("|").split(" | "))
    return Rule(words, QUOTED.findall(places), QUOTED.findall(tests))


LINES = [line for line in (ROOT / "docs/domain.md").read_text().splitlines() if line.startswith("|")]
RULES = [rule_of(line) for line in LINES if line.split("|")[1].strip() not in HEADINGS]
EACH = pytest.mark.parametrize("rule", RULES, ids=[rule.words for rule in RULES])


@EACH
def test_a_rule_lives_in_files_that_are_there(rule: Rule) -> None:
    assert rule.places
    assert [place for place in rule.places if not (ROOT / place).is_file()] == []


@EACH
def test_a_rule_has_tests_that_are_there(rule: Rule) -> None:
    assert rule.tests
    assert [test for test in rule.tests if not exists(test)] == []


def exists(test: str) -> bool:
    file, _, name = test.partition("::")
    return f"\ndef {name}(" in (ROOT / "tests" / file).read_text()
