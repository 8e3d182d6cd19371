"""A cursor leads back to the row that it names, and nothing else is taken for one."""

from uuid import UUID

import pytest

from pipeline.kernel.errors import Invalid
from pipeline.kernel.pagination import cursor_of, id_in, number_in

ROW = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def test_a_cursor_names_a_row_by_its_id() -> None:
    assert id_in(cursor_of(ROW)) == ROW


@pytest.mark.parametrize("number", [0, 1, 2**63 - 1])
def test_a_cursor_names_a_row_by_its_number(number: int) -> None:
    assert number_in(cursor_of(number)) == number


@pytest.mark.parametrize("cursor", ["", "nonsense", "ä", "17", "_" * 10 + "8", cursor_of(ROW), cursor_of(1) + "\n"])
def test_what_holds_no_number_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as caught:
        number_in(cursor)

    assert [(each.path, each.code) for each in caught.value.problems] == [("cursor", "unknown_cursor")]


@pytest.mark.parametrize("cursor", ["", "nonsense", "ä", cursor_of(1), cursor_of(ROW) + "A", cursor_of(ROW)[:-1] + "!"])
def test_what_holds_no_id_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as caught:
        id_in(cursor)

    assert [(each.path, each.code) for each in caught.value.problems] == [("cursor", "unknown_cursor")]
