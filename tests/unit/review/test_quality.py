from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from config.policy import load_policy
from pipeline.kernel.rules.statistics import kappa, percentile
from pipeline.review.quality.rules.agreement import (
    GoldenAnswer,
    Pair,
    judged,
    reason_judged,
    reason_kappa,
    verdict_kappa,
)
from pipeline.review.quality.rules.forecast import Forecast, Pace, forecast
from pipeline.review.quality.rules.handling import Span, worked
from pipeline.review.quality.rules.sampling import (
    Agreement,
    CheckKind,
    Said,
    blind_look_for,
    compare,
    fraction_of,
    is_sampled,
)

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
QUALITY = load_policy().quality
APPROVE = Said("approve")


def table(**cells: int) -> list[tuple[str, str]]:
    """`yes_no=5`: the one said yes, the other no, five times."""
    return [pair for cell, count in cells.items() for pair in [tuple(cell.split("_"))] * count]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        (table(a_a=88, a_b=14, a_c=18, b_a=10, b_b=40, b_c=10, c_a=2, c_b=6, c_c=12), 0.492),  # Cohen 1960, table 1
        (table(yes_yes=20, yes_no=5, no_yes=10, no_no=15), 0.4),  # 50 grant proposals, a textbook example
        (table(yes_yes=45, yes_no=15, no_yes=25, no_no=15), 0.130),  # the same agreement, by other habits
        (table(yes_yes=25, yes_no=35, no_yes=5, no_no=35), 0.259),
        (table(yes_no=5, no_yes=5), -1.0),
        (table(yes_yes=5, no_no=5), 1.0),
    ],
)
def test_kappa_is_what_was_published(ratings: list[tuple[str, str]], expected: float) -> None:
    assert kappa(ratings) == pytest.approx(expected, abs=0.0005)


@pytest.mark.parametrize("ratings", [[], table(yes_yes=9)])
def test_kappa_says_nothing_of_nothing_or_of_one_rating(ratings: list[tuple[str, str]]) -> None:
    assert kappa(ratings) is None


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        (APPROVE, APPROVE, Agreement.AGREED),
        (APPROVE, Said("reject", ("blurred",)), Agreement.VERDICTS_DIFFER),
        (Said("reject", ("blurred",)), Said("reject", ("blurred", "group")), Agreement.AGREED),
        (Said("reject", ("blurred",)), Said("reject", ("group",)), Agreement.REASONS_DIFFER),
        (Said("reject", ("blurred",)), Said("escalate"), Agreement.PASSED_ON),
    ],
)
def test_two_people_agree_on_the_verdict_and_on_a_reason(one: Said, other: Said, how: Agreement) -> None:
    assert compare(one, other) is how
    assert compare(other, one) is how


def test_anybody_can_compute_again_whether_a_decision_is_sampled() -> None:
    # printf 'proofdesk:00000000-0000-7000-8000-000000000001' | sha256sum
    assert fraction_of("proofdesk", UUID("00000000-0000-7000-8000-000000000001")) == int("a4f64f1d", 16) / 16**8


def test_as_many_are_sampled_as_the_policy_says() -> None:
    ids = [UUID(int=number) for number in range(4000)]

    sampled = [is_sampled(each, "verification", QUALITY) for each in ids]
    looks = [blind_look_for(each, QUALITY.model_copy(update={"mix": 0.3, "golden": 0.2})) for each in ids]

    assert sum(sampled) / 4000 == pytest.approx(QUALITY.sample["verification"], abs=0.03)
    assert looks.count(CheckKind.SAMPLE) / 4000 == pytest.approx(0.3, abs=0.05)
    assert looks.count(CheckKind.GOLDEN) / 4000 == pytest.approx(0.2, abs=0.05)
    assert not any(is_sampled(each, "a queue that the policy does not name", QUALITY) for each in ids)


def pair(first: Said, second: Said, ruling: str | None = None) -> Pair:
    return Pair("2026-W47", "avatar", "r-1", first, "r-2", second, ruling)


REJECT = Said("reject", ("blurred",))
GROUP = Said("reject", ("group",))
PAIRS = [
    pair(APPROVE, APPROVE),
    pair(APPROVE, REJECT, "second"),
    pair(REJECT, APPROVE, "first"),
    pair(GROUP, REJECT, "second"),
    pair(APPROVE, REJECT),
    pair(APPROVE, Said("escalate")),
]
GOLDEN = [
    GoldenAnswer("2026-W47", "avatar", "r-2", REJECT, APPROVE),
    GoldenAnswer("2026-W47", "avatar", "r-1", APPROVE, APPROVE),
]


@pytest.mark.parametrize(("by", "count", "wrong"), [(None, 6, 3), ("r-1", 5, 2), ("r-2", 5, 2), ("r-3", 0, 0)])
def test_an_error_is_what_a_ruling_or_a_golden_case_says(by: str | None, count: int, wrong: int) -> None:
    found = judged(PAIRS, GOLDEN, by=by)

    assert (len(found), sum(each.wrong for each in found)) == (count, wrong)


def test_a_reason_is_wrong_where_the_right_answer_does_not_give_it() -> None:
    assert reason_judged(PAIRS, GOLDEN, "blurred", verdict="reject") == [True, False]
    assert reason_judged(PAIRS, GOLDEN, "group", verdict="reject") == [True]
    assert reason_kappa(PAIRS[:4], "group", verdict="reject") == pytest.approx(0.0)
    assert verdict_kappa(PAIRS) == pytest.approx(-2 / 13)


def test_one_code_of_two_verdicts_is_two_reasons() -> None:
    both = [pair(REJECT, Said("better_file", ("blurred",)), "second")]

    assert reason_judged(both, [], "blurred", verdict="reject") == [True]
    assert reason_judged(both, [], "blurred", verdict="better_file") == []
    assert reason_judged(both, [], "blurred", verdict="better_file", by="r-2") == [False]


def at(*minutes: float) -> list[datetime]:
    return [NOON + timedelta(minutes=each) for each in minutes]


@pytest.mark.parametrize(
    ("minutes", "state", "expected"),
    [
        ([0, 2], "decided", 2),
        ([0, 2, 4, 6], "decided", 6),
        ([0, 2, 30], "decided", 7),  # of a silence of 28 minutes five are counted
        ([0, 2, 4], "released", 4),
        ([0, 2, 12], "expired", 2),  # it was taken back long after the page was left
        ([0, 10], "expired", 0),
    ],
)
def test_time_of_work_leaves_out_silences(minutes: list[float], state: str, expected: float) -> None:
    taken, *renewed, ended = at(*minutes)

    found = worked([Span(taken, tuple(renewed), ended, state)], idle=timedelta(minutes=5))

    assert found == timedelta(minutes=expected)


def test_work_on_a_case_is_that_of_all_claims_on_it() -> None:
    first, again = (Span(at(start)[0], (), at(start + 3)[0], "decided") for start in (0, 60))

    assert worked([first, again], idle=timedelta(minutes=5)) == timedelta(minutes=6)


@pytest.mark.parametrize(("share", "expected"), [(50, 5), (90, 9), (99, 10), (1, 1)])
def test_percentiles_are_values_that_occurred(share: int, expected: float) -> None:
    assert percentile([float(each) for each in range(10, 0, -1)], share) == expected
    assert percentile([], share) is None


@pytest.mark.parametrize(
    ("dues", "pace", "expected"),
    [
        ([1, 2, 3], Pace(0, 1), Forecast(0, 0, 0, 3)),  # each is decided just in time
        ([1, 1, 3], Pace(0, 1), Forecast(1, 0, 0, 3)),  # two are due within the first hour
        ([-1, 5], Pace(0, 1), Forecast(1, 0, 0, 2)),  # what is overdue is late whatever happens
        ([9], Pace(0, 0), Forecast(1, 0, 0, None)),
        ([], Pace(2, 4), Forecast(0, 20, 0, 0)),
        (
            [],
            Pace(4, 2),
            Forecast(0, 40, 21, 0),
        ),  # the k-th comes after k/4 hours and is done after 1/4 + k/2: late from the 20th
        ([50], Pace(2, 2), Forecast(0, 20, 0, None)),
        ([6] * 12, Pace(1, 4), Forecast(0, 10, 0, 4)),
    ],
)
def test_a_forecast_by_hand(dues: list[float], pace: Pace, expected: Forecast) -> None:
    assert forecast(dues, pace, due_in=5, horizon=10) == expected
