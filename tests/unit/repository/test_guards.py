"""`make guards` takes some minutes and is not a part of `make test`. So that its table cannot become false in between, each guard's text and
test must exist, and docs/reliability.md must show the same table."""

from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.table import GUARDS, Guard

ROOT = Path(__file__).parents[3]
EACH = pytest.mark.parametrize("guard", GUARDS, ids=[guard.name for guard in GUARDS])


@EACH
def test_a_guard_is_where_the_table_says(guard: Guard) -> None:
    text = (ROOT / guard.file).read_text()

    assert [text.count(there) for there, _ in guard.edits] == [1] * len(guard.edits)


@EACH
def test_the_test_of_a_guard_exists(guard: Guard) -> None:
    file, _, name = guard.test.partition("::")

    assert f"\ndef {name.partition('[')[0]}(" in (ROOT / "tests/integration" / file).read_text()


@EACH
def test_a_guard_is_on_the_page_about_reliability(guard: Guard) -> None:
    page = (ROOT / "docs/reliability.md").read_text()

    assert f"| {guard.name} | `{guard.file}` | `{guard.test}` |" in page


def test_no_two_guards_have_one_name() -> None:
    assert Counter(guard.name for guard in GUARDS).most_common(1)[0][1] == 1
