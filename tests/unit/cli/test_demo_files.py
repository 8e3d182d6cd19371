from datetime import date
from decimal import Decimal

import pypdfium2
import pytest

from cli.demo.demo_file import FOLDER, all_facts, demo_file
from cli.demo.scenario import plans
from tests.drawings.demo_files import DRAWN, PADDED, said_of

THREE_MB = 3_000_000
FACTS = all_facts()
STATEMENTS = [name for name, said in FACTS.items() if "period_from" in said["facts"]]


def test_the_folder_holds_the_files_that_the_facts_name_and_nothing_else() -> None:
    named = {said["file"] for said in FACTS.values()}

    assert {file.name for file in FOLDER.iterdir()} - {"README.md", "facts.json"} == named


def test_all_files_together_have_at_most_3_mb() -> None:
    assert 0 < sum(len(file.read_bytes()) for file in FOLDER.iterdir()) <= THREE_MB


def test_the_demo_sends_every_file_that_the_facts_name_and_no_other() -> None:
    assert {upload.file for plan in plans() for upload in plan.uploads} == set(FACTS)


@pytest.mark.parametrize("name", sorted(FACTS))
def test_the_facts_of_a_file_are_those_of_its_drawing(name: str) -> None:
    assert FACTS[name] == (PADDED[name] if name in PADDED else said_of(name, DRAWN[name]()))


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_prints_the_facts_that_are_said_of_it(name: str) -> None:
    file = demo_file(name)
    with pypdfium2.PdfDocument(file.body) as document:
        printed = document[0].get_textpage().get_text_range()
    first, last = (date.fromisoformat(str(file.facts[key])) for key in ("period_from", "period_to"))

    assert f"{first:%d %b %Y} to {last:%d %b %Y}" in printed
    assert f"{file.facts['currency']} {Decimal(str(file.facts['amount'])):,.2f}" in printed
    assert str(file.facts.get("company_name", "")) in printed


def test_the_file_that_is_too_large_is_so_by_one_byte() -> None:
    assert len(demo_file("avatar-one_byte_too_large").body) == 3 * 1024 * 1024 + 1
