import pytest

from pipeline.kernel.rules.sql_states import is_away, is_short, why_cancelled


@pytest.mark.parametrize("state", ["57014", "55P03", "40P01", "40001"])
def test_a_statement_that_postgresql_ended_is_no_outage(state: str) -> None:
    assert why_cancelled(state)
    assert not is_away(state)
    assert not is_short(state)


@pytest.mark.parametrize("state", ["25006", "57P01", "57P02", "57P03", "53300", "08006", "08001"])
def test_a_server_that_is_not_there_or_takes_no_writes_is_away(state: str) -> None:
    assert is_away(state)
    assert why_cancelled(state) is None


@pytest.mark.parametrize("state", ["53100", "53200", "58030"])
def test_a_server_without_room_cannot_work_and_keeps_its_connections(state: str) -> None:
    assert is_short(state)
    assert not is_away(state)


@pytest.mark.parametrize("state", [None, "23505", "42P01", "22001", "XX000"])
def test_other_states_are_neither(state: str | None) -> None:
    assert (is_away(state), is_short(state), why_cancelled(state)) == (False, False, None)
