"""Which parts of a policy go with a case from its acceptance to its end."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from config.policy import load_policy
from pipeline.policy import Policy
from pipeline.policy.cases import rules_in, text_of, under

POLICY = load_policy()


def changed(**parts: Any) -> Policy:
    return POLICY.model_copy(update={"version": "present", **parts})


def test_a_policy_is_kept_whole() -> None:
    assert Policy.model_validate_json(text_of(POLICY)) == POLICY


def test_what_decides_a_case_is_as_it_was_accepted_and_all_else_as_it_is_now() -> None:
    present = changed(
        methods={"tax_number": "Tax number"},
        facts={},
        attempts=POLICY.attempts.model_copy(update={"per_method": 1}),
        review=POLICY.review.model_copy(update={"undo_window_seconds": 7}),
    )

    case = under(rules_in(text_of(POLICY)), present)

    assert (case.methods, case.facts) == (POLICY.methods, POLICY.facts)
    assert (case.version, case.attempts.per_method, case.review.undo_window_seconds) == ("present", 1, 7)


def test_what_guards_people_holds_where_either_policy_says_so() -> None:
    accepted = changed(review=POLICY.review.model_copy(update={"four_eyes": ("trusted",)}))
    present = changed(
        review=POLICY.review.model_copy(update={"four_eyes": ("avatar",)}),
        console=POLICY.console.model_copy(update={"blurred": ("statement",)}),
    )

    case = under(rules_in(text_of(accepted)), present)

    assert case.review.four_eyes == ("trusted", "avatar")
    assert case.console.blurred == ("bank_statement", "statement")


def test_parts_that_decide_no_case_may_be_missing_or_new_in_a_text() -> None:
    written = json.loads(text_of(POLICY))
    for name in ("quality", "sign_in", "retention", "erasure", "points", "spend"):
        del written[name]

    case = under(rules_in(json.dumps({**written, "horoscope": {"sign": "lion"}})), POLICY)

    assert case == POLICY


def test_a_text_without_a_part_that_decides_cases_is_refused() -> None:
    written = json.loads(text_of(POLICY))
    del written["ladder"]

    with pytest.raises(ValidationError):
        rules_in(json.dumps(written))
