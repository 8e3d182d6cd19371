from uuid import UUID

import pytest

from pipeline.kernel.errors import Invalid, Problem
from web.console.answers import Wrong, decision_of, fields_of, left_of

FILE = "01a211bb-0cca-72e1-b1e5-e316582eb1bb"


def test_a_form_becomes_a_decision_and_what_was_left_blank_is_left_out() -> None:
    sent = [
        ("token", "t"),
        ("fence", "7"),
        ("version", "2"),
        ("material", FILE),
        (f"check.{FILE}.period", "yes"),
        (f"check.{FILE}.amount", "no"),
        (f"fact.{FILE}.amount", " 12.50 "),
        (f"fact.{FILE}.currency", ""),
        ("note", " "),
        ("message", "Please look again."),
        ("verdict", "reject"),
        ("reasons", "unreadable"),
        ("reasons", "name_mismatch"),
    ]

    assert decision_of(sent) == {
        "token": "t",
        "fence": "7",
        "version": "2",
        "verdict": "reject",
        "message": "Please look again.",
        "reasons": ["unreadable", "name_mismatch"],
        "materials": [
            {"material_id": FILE, "checklist": {"period": True, "amount": False}, "facts": {"amount": "12.50"}}
        ],
    }


def test_reasons_that_were_chosen_before_an_approval_do_not_go_along() -> None:
    assert decision_of([("verdict", "approve"), ("reasons", "unreadable")])["reasons"] == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("materials.0.checklist.period", f"check.{FILE}.period"),
        ("materials.0.facts.period_to", f"fact.{FILE}.period_to"),
        ("materials.0.material_id", ""),
        ("materials", ""),
        ("reasons.1", "reasons"),
        ("message", "message"),
        ("version", ""),
    ],
)
def test_a_problem_is_said_at_the_field_that_it_is_about(path: str, field: str) -> None:
    assert fields_of([Problem(path, "code", "Words.")], [FILE]) == (Wrong(field, "Words."),)


def test_a_page_that_goes_names_each_claim_with_its_token_and_lease() -> None:
    (left,) = left_of([("csrf", "x"), ("held", f"{FILE} {FILE} 2026-11-25T10:00:00+00:00")])

    assert left.claim_id == left.token == UUID(FILE)
    assert left.lease_until.isoformat() == "2026-11-25T10:00:00+00:00"


@pytest.mark.parametrize("held", ["", "a b c", f"{FILE} {FILE}", f"{FILE} {FILE} yesterday"])
def test_a_page_that_goes_with_other_words_is_refused(held: str) -> None:
    with pytest.raises(Invalid):
        left_of([("held", held)])
