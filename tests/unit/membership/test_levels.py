import pytest

from config.policy import load_policy
from pipeline.membership.rules.levels import level_of
from pipeline.verification.rules import number_goes_to

POLICY = load_policy()


@pytest.mark.parametrize(
    ("unlocked", "level"),
    [
        ([], "registered"),
        (["registered"], "registered"),
        (["verified"], "verified"),
        (["trusted"], "trusted"),
        (["trusted", "verified"], "trusted"),
        (["verified", "premier"], "premier"),
        (["a stage of an older policy"], "registered"),
        (["a stage of an older policy", "verified"], "verified"),
    ],
)
def test_the_level_is_the_highest_stage_that_is_unlocked(unlocked: list[str], level: str) -> None:
    assert level_of(unlocked, POLICY).stage == level


def test_a_higher_rung_has_the_benefits_of_those_below() -> None:
    below, above = POLICY.ladder[:-1], POLICY.ladder[1:]

    assert all(set(low.benefits) <= set(high.benefits) for low, high in zip(below, above, strict=True))
    assert [POLICY.rank(rung.stage) for rung in POLICY.ladder] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("approve", "used", "advice", "goes_to"),
    [
        ("automatic", False, None, "approval"),
        ("automatic", False, "registered", "approval"),
        ("automatic", False, "not_covered", "approval"),
        ("automatic", False, "not_registered", "person"),
        ("automatic", False, "unavailable", "person"),
        ("automatic", True, "registered", "person"),
        ("person", False, "registered", "person"),
        ("person", True, None, "person"),
    ],
)
def test_a_right_tax_number_is_approved_by_itself_only_where_nothing_speaks_against_it(
    approve: str, *, used: bool, advice: str | None, goes_to: str
) -> None:
    assert number_goes_to(approve, used=used, advice=advice) == goes_to
