from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from config.policy import load_policy
from pipeline.policy.ladder import FactType
from pipeline.review.decisions.rules import Subject, decision_problems, fact_problem
from schemas.decisions import DecisionRequest
from tests.support.bodies import FACTS

POLICY = load_policy()
NOW = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
STATEMENT, STRANGER = UUID(int=1), UUID(int=2)
WHOLESALER = Subject("verification", "wholesaler", {STATEMENT: "bank_statement"})
AVATAR = Subject("avatar", None, {STATEMENT: "avatar"})
CHECKED = {"period": True, "amount": True, "company_name": True}
SEEN = {name: FACTS[name] for name in ("period_from", "period_to", "amount", "currency", "company_name")}
LOOKED = {"single_person": True, "fits_business": True, "matches_profile": True}


def answers(material: UUID = STATEMENT, **more: Any) -> dict[str, Any]:
    return {"material_id": material, "checklist": CHECKED, "facts": SEEN, **more}


def wrong(subject: Subject, verdict: str, **said: Any) -> list[tuple[str, str]]:
    fixed = {"token": uuid4(), "fence": 1, "version": 2, "verdict": verdict}
    request = DecisionRequest.model_validate({**fixed, **said})
    return [(each.path, each.code) for each in decision_problems(request, subject, POLICY, now=NOW)]


def test_a_whole_approval_is_fine() -> None:
    assert wrong(WHOLESALER, "approve", materials=[answers()]) == []
    assert wrong(AVATAR, "approve", materials=[{"material_id": STATEMENT, "checklist": LOOKED}]) == []


def test_a_rejection_needs_a_reason_and_nothing_else() -> None:
    assert wrong(WHOLESALER, "reject", reasons=["unreadable"]) == []
    assert wrong(AVATAR, "reject", reasons=["group_photo"]) == []


@pytest.mark.parametrize(("profile", "problems"), [(True, []), (False, [("reasons.0", "unknown_reason")])])
def test_a_reason_that_needs_a_profile_is_none_without_one(*, profile: bool, problems: list[tuple[str, str]]) -> None:
    subject = replace(AVATAR, profile=profile)

    assert wrong(subject, "reject", reasons=["does_not_match_profile"]) == problems
    assert wrong(subject, "reject", reasons=["group_photo"]) == []


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"verdict": "reject"}, ("reasons", "missing_reason")),
        ({"verdict": "reject", "reasons": ["unreadable", "bad_mood"]}, ("reasons.1", "unknown_reason")),
        ({"verdict": "reject", "reasons": ["group_photo"]}, ("reasons.0", "unknown_reason")),
        ({"reasons": ["unreadable"]}, ("reasons", "reason_without_rejection")),
        ({"materials": [answers(), answers(STRANGER)]}, ("materials.1.material_id", "unknown_material")),
        ({"materials": [answers(), answers()]}, ("materials.1.material_id", "repeated_material")),
        ({"materials": []}, ("materials", "missing_answers")),
        (
            {"materials": [answers(checklist={**CHECKED, "mood": True})]},
            ("materials.0.checklist.mood", "unknown_checklist_item"),
        ),
        (
            {"materials": [answers(checklist={"period": True, "amount": True})]},
            ("materials.0.checklist.company_name", "missing_answer"),
        ),
        (
            {"materials": [answers(checklist={**CHECKED, "amount": False})]},
            ("materials.0.checklist.amount", "checklist_not_met"),
        ),
        ({"materials": [answers(facts={**SEEN, "store_name": "B"})]}, ("materials.0.facts.store_name", "unknown_fact")),
        ({"materials": [answers(facts={**SEEN, "currency": " "})]}, ("materials.0.facts.currency", "missing_fact")),
        ({"materials": [answers(facts={**SEEN, "amount": "much"})]}, ("materials.0.facts.amount", "invalid_fact")),
        (
            {"materials": [answers(facts={**SEEN, "period_to": "2025-12-31"})]},
            ("materials.0.facts.period_to", "invalid_fact"),
        ),
    ],
)
def test_what_is_wrong_is_found_with_its_path(said: dict[str, Any], problem: tuple[str, str]) -> None:
    given = {"materials": [answers()], **said} if said.get("verdict") != "reject" else said
    verdict = given.pop("verdict", "approve")

    assert problem in wrong(WHOLESALER, verdict, **given)


def test_a_rejection_may_keep_what_was_answered_so_far() -> None:
    half = answers(checklist={"period": False}, facts={"amount": "12"})

    assert wrong(WHOLESALER, "reject", reasons=["unreadable"], materials=[half]) == []


def test_facts_of_a_rejection_must_still_be_facts() -> None:
    half = answers(facts={"amount": "much"})

    assert wrong(WHOLESALER, "reject", reasons=["unreadable"], materials=[half]) == [
        ("materials.0.facts.amount", "invalid_fact")
    ]


def test_every_material_of_the_case_is_answered() -> None:
    two = Subject("verification", "online_retailer", {STATEMENT: "store_back_office", STRANGER: "store_flow"})
    back_office = {
        "material_id": STATEMENT,
        "checklist": {"store_name": True, "order_information": True},
        "facts": {"store_name": "B"},
    }

    assert wrong(two, "approve", materials=[back_office]) == [("materials", "missing_answers")]


def test_the_same_day_is_a_period() -> None:
    assert wrong(WHOLESALER, "approve", materials=[answers(facts={**SEEN, "period_to": SEEN["period_from"]})]) == []


@pytest.mark.parametrize(
    ("fact_type", "value"),
    [
        ("date", "2026-02-28"),
        ("decimal", "12500.50"),
        ("decimal", "0.01"),
        ("decimal", 12),
        ("currency", "EUR"),
        ("currency", "HRK"),
        ("integer", "1200"),
        ("integer", 1200),
        ("text", "Blue Door & Söhne"),
        ("text", "x" * 200),
    ],
)
def test_a_fact_of_its_type_is_fine(fact_type: FactType, value: str | int) -> None:
    assert fact_problem(fact_type, value) is None


@pytest.mark.parametrize(
    ("fact_type", "value"),
    [
        ("date", "2026-02-30"),
        ("date", "20260228"),
        ("date", "28.02.2026"),
        ("date", "2026-W09-6"),
        ("decimal", "12.500,50"),
        ("decimal", "-1"),
        ("decimal", "0"),
        ("decimal", 0),
        ("decimal", "0.00"),
        ("decimal", "NaN"),
        ("decimal", "Infinity"),
        ("decimal", "1e5"),
        ("decimal", "1_000"),
        ("decimal", "١٢"),
        ("decimal", "-0"),
        ("decimal", "1" + "0" * 15),
        ("currency", "eur"),
        ("currency", "EURO"),
        ("currency", "€"),
        ("currency", "ABC"),
        ("currency", "XXX"),
        ("currency", "XAU"),
        ("currency", "DEM"),
        ("integer", "1.5"),
        ("integer", "-3"),
        ("integer", "\uff11\uff12"),
        ("integer", "9" * 16),
        ("text", "x" * 201),
    ],
)
def test_a_fact_of_another_type_is_refused_in_words(fact_type: FactType, value: str) -> None:
    assert fact_problem(fact_type, value)


@pytest.mark.parametrize(("last", "refused"), [("2026-03-31", False), ("2026-04-01", True), ("9999-12-31", True)])
def test_a_period_ends_no_later_than_today(last: str, *, refused: bool) -> None:
    problems = wrong(WHOLESALER, "approve", materials=[answers(facts={**SEEN, "period_to": last})])

    assert problems == ([("materials.0.facts.period_to", "invalid_fact")] if refused else [])


def test_today_is_where_the_day_has_begun_first() -> None:
    late = NOW.replace(hour=10)  # it is the first of April on the Line Islands

    assert not _of_the_first_of_april(late)
    assert _of_the_first_of_april(NOW)


def _of_the_first_of_april(now: datetime) -> bool:
    """Whether a rejection that names that day is refused at that time."""
    fixed = {"token": uuid4(), "fence": 1, "version": 2, "verdict": "approve"}
    said = {"materials": [answers(facts={**SEEN, "period_to": "2026-04-01"})]}
    return bool(decision_problems(DecisionRequest.model_validate({**fixed, **said}), WHOLESALER, POLICY, now=now))
