"""The table holds numbers of python-stdnum's documentation and of the collections in its tests, which were found in public.

A row without `kept` is such a number with one digit changed, from the countries where no such change passes in the whole collection.
"""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.tax_numbers import markdown
from pipeline.submission.evidence.rules.tax_numbers import (
    COUNTRIES,
    IN_VIES,
    WRONG_CHECK_DIGIT,
    WRONG_FORMAT,
    Checked,
    check,
    is_known,
)

TABLE = list(csv.reader(Path(__file__).with_name("published_tax_numbers.csv").read_text().splitlines()[1:]))
RIGHT = [(country, written, kept) for country, written, kept, _ in TABLE if kept]
WRONG = [(country, written, wrong) for country, written, _, wrong in TABLE if wrong]
DOCUMENT = Path(__file__).parents[3] / "docs" / "tax-numbers.md"


def test_the_table_is_as_large_as_it_should_be() -> None:
    assert len(TABLE) >= 200
    assert {country for country, _, _ in RIGHT} == set(COUNTRIES)
    assert len({country for country, _, _ in WRONG}) >= 20


@pytest.mark.parametrize(("country", "written", "kept"), RIGHT)
def test_a_published_number_is_right_and_kept_in_one_way(country: str, written: str, kept: str) -> None:
    assert check(country, written) == Checked(kept, None)


@pytest.mark.parametrize(("country", "written", "wrong"), WRONG)
def test_one_changed_digit_is_found(country: str, written: str, wrong: str) -> None:
    assert check(country, written) == Checked(None, wrong)


@pytest.mark.parametrize(("country", "written", "kept"), RIGHT)
def test_what_is_kept_is_right_itself_with_its_country_and_in_small_letters(
    country: str, written: str, kept: str
) -> None:
    ways = [kept, country + kept, f"{country} {kept}", f"  {written.lower()} "]

    assert {check(country, way).number for way in ways} == {kept}


@pytest.mark.parametrize(
    ("country", "one", "other"),
    [
        ("BE", "403.019.261", "BE0403.019.261"),
        ("BR", "69435154000102", "694\u06635154000102"),
        ("CA", "12302 6635 RC 0001", "123026635"),
        ("CH", "CHE-107.787.577 IVA", "CHE-107.787.577 MWST"),
        ("CH", "CHE-107.787.577", "CHE107787577TVA"),
        ("GR", "EL 094259216", "GR094259216"),
        ("IE", "IE 8D79739I", "8D79739I"),
        ("NO", "NO 995 525 828 MVA", "995525828"),
        ("NZ", "49-098-576", "049-098-576"),
    ],
)
def test_two_ways_to_write_one_number_are_kept_as_one(country: str, one: str, other: str) -> None:
    assert check(country, one).number is not None
    assert check(country, one) == check(country, other)


@pytest.mark.parametrize(
    ("country", "written", "wrong"),
    [
        ("DE", "136695978", WRONG_CHECK_DIGIT),
        ("DE", "13669597", WRONG_FORMAT),
        ("DE", "DE", WRONG_FORMAT),
        ("PL", "DE 136695976", WRONG_FORMAT),
        ("US", "07-1144442", WRONG_FORMAT),
        ("GH", "C00032K7673", WRONG_FORMAT),
    ],
)
def test_what_is_wrong_is_said_as_a_code(country: str, written: str, wrong: str) -> None:
    assert check(country, written) == Checked(None, wrong)


@settings(deadline=None)
@given(country=st.sampled_from(COUNTRIES), written=st.text(max_size=20))
def test_whatever_is_written_is_answered(country: str, written: str) -> None:
    checked = check(country, written)

    assert (checked.number is None) != (checked.wrong is None)


@settings(deadline=None)
@given(row=st.sampled_from(RIGHT), junk=st.text(max_size=3), at=st.integers(0, 20))
def test_what_is_kept_of_a_spoiled_number_is_plain_and_stays_as_it_is(
    row: tuple[str, str, str], junk: str, at: int
) -> None:
    country, written, _ = row

    number = check(country, written[:at] + junk + written[at:]).number

    assert number is None or check(country, number).number == number


@pytest.mark.parametrize("country", ["BT", "EU", "XX", "de", ""])
def test_a_country_that_is_not_listed_is_not_known(country: str) -> None:
    assert not is_known(country)


def test_every_member_of_the_union_is_known() -> None:
    assert len(IN_VIES) == 27
    assert set(COUNTRIES) >= IN_VIES


def test_the_documentation_lists_what_the_command_prints() -> None:
    assert DOCUMENT.read_text().rstrip().endswith(markdown())
