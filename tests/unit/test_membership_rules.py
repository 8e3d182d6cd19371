import pytest

from config.policy import load_policy
from pipeline.membership.rules import level_of

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
