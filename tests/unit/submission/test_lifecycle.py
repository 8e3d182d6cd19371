from itertools import product

import pytest

from pipeline.kernel.errors import AlreadyThere, NotAllowed
from pipeline.submission.lifecycle import GIVES_CHANCE_BACK, OPEN, State, Transition, advance

ALLOWED = {
    ("received", "cleared"): "in_review",
    ("received", "refused"): "refused",
    ("received", "approved"): "approved",
    ("received", "rejected"): "rejected",
    ("received", "superseded"): "superseded",
    ("received", "withdrawn"): "withdrawn",
    ("in_review", "approved"): "approved",
    ("in_review", "rejected"): "rejected",
    ("in_review", "sent_back"): "refused",
    ("in_review", "passed_on"): "in_review",
    ("in_review", "superseded"): "superseded",
    ("in_review", "withdrawn"): "withdrawn",
    ("received", "erased"): "withdrawn",
    ("in_review", "erased"): "withdrawn",
    ("awaiting_code", "erased"): "withdrawn",
    ("approved", "reopened"): "in_review",
    ("rejected", "reopened"): "in_review",
    ("refused", "reopened"): "in_review",
    ("received", "superseded_by_unlock"): "superseded",
    ("in_review", "superseded_by_unlock"): "superseded",
    ("awaiting_code", "superseded_by_unlock"): "superseded",
    ("awaiting_code", "approved"): "approved",
    ("awaiting_code", "rejected"): "rejected",
    ("awaiting_code", "expired"): "expired",
}
THERE_ALREADY = {
    ("in_review", "cleared"),
    ("in_review", "reopened"),
    ("refused", "refused"),
    ("refused", "sent_back"),
    ("approved", "approved"),
    ("rejected", "rejected"),
    ("superseded", "superseded"),
    ("superseded", "superseded_by_unlock"),
    ("withdrawn", "withdrawn"),
    ("withdrawn", "erased"),
    ("expired", "expired"),
}
PAIRS = {(state.value, event.value) for state, event in product(State, Transition)}


@pytest.mark.parametrize(("pair", "after"), sorted(ALLOWED.items()))
def test_a_move_that_the_table_has_leads_where_the_table_says(pair: tuple[str, str], after: str) -> None:
    state, event = pair

    assert advance(State(state), Transition(event)) is State(after)


@pytest.mark.parametrize(("state", "event"), sorted(THERE_ALREADY))
def test_a_move_to_where_the_submission_is_says_so(state: str, event: str) -> None:
    with pytest.raises(AlreadyThere, match=f"The submission is {state} already"):
        advance(State(state), Transition(event))


@pytest.mark.parametrize(("state", "event"), sorted(PAIRS - ALLOWED.keys() - THERE_ALREADY))
def test_any_other_move_is_not_allowed(state: str, event: str) -> None:
    with pytest.raises(NotAllowed, match=f"{state} cannot be {event}"):
        advance(State(state), Transition(event))


def test_what_is_closed_is_left_by_no_move_but_the_undoing_of_a_decision() -> None:
    leaving = {state for state, event in ALLOWED if event != "reopened"}

    assert leaving == {state.value for state in OPEN}


def test_a_chance_comes_back_only_from_what_nobody_judged() -> None:
    assert {state.value for state in GIVES_CHANCE_BACK} == {"refused", "superseded", "withdrawn"}
