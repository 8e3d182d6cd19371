from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from config.policy import load_policy
from pipeline.account.rules import points as points_rules
from pipeline.account.rules.points import InsufficientPoints, NotProven, Posting
from pipeline.kernel.errors import Invalid
from schemas.points import CorrectionRequest, EarningRequest, EntryType, PenaltyRequest, RedemptionRequest

RULES = load_policy().points
SUBMISSION = UUID(int=7)


def posting(points: int, kind: EntryType = "earning") -> Posting:
    return Posting(kind, points, "code", "Title")


def test_an_event_earns_what_the_policy_says() -> None:
    earned = points_rules.earning(EarningRequest(event="rfq_quoted", source="rfq", source_id="q-1"), RULES)

    assert earned.points == RULES.earn["rfq_quoted"].points
    assert (earned.type, earned.source, earned.source_id) == ("earning", "rfq", "q-1")
    assert earned.title == "Quoted on a request for quotation"


def test_an_item_costs_its_price_as_often_as_it_is_redeemed() -> None:
    redeemed = points_rules.redemption(RedemptionRequest(item="performance_coupon", quantity=3), RULES)

    assert redeemed.points == -3 * RULES.redeem["performance_coupon"].price
    assert (redeemed.type, redeemed.quantity) == ("redemption", 3)


def test_a_penalty_takes_what_the_policy_says_and_has_the_submission_as_its_source() -> None:
    request = PenaltyRequest(submission_id=SUBMISSION, penalty="forged_material", reason="Pasted figures")

    taken = points_rules.penalty(request, RULES)

    assert taken.points == -RULES.penalties["forged_material"].points
    assert (taken.source, taken.source_id, taken.reason) == ("penalty", str(SUBMISSION), "Pasted figures")


def earning(event: str, source: str = "rfq") -> Posting:
    return points_rules.earning(EarningRequest(event=event, source=source, source_id="1"), RULES)


def redemption(item: str, quantity: int = 1) -> Posting:
    return points_rules.redemption(RedemptionRequest(item=item, quantity=quantity), RULES)


def correction(points: int) -> Posting:
    return points_rules.correction(CorrectionRequest(points=points, reason="A mistake"), RULES)


def penalty(name: str) -> Posting:
    request = PenaltyRequest(submission_id=SUBMISSION, penalty=name, reason="Pasted figures")
    return points_rules.penalty(request, RULES)


@pytest.mark.parametrize(
    ("make", "given", "wrong"),
    [
        (earning, ("luck",), ("event", "unknown_event")),
        (earning, ("rfq_quoted", "penalty"), ("source", "reserved_source")),
        (redemption, ("moon",), ("item", "unknown_item")),
        (redemption, ("performance_coupon", 101), ("quantity", "too_many")),
        (correction, (0,), ("points", "invalid_value")),
        (correction, (100_001,), ("points", "invalid_value")),
        (correction, (-100_001,), ("points", "invalid_value")),
        (penalty, ("rudeness",), ("penalty", "unknown_penalty")),
    ],
)
def test_what_the_policy_does_not_know_is_refused(
    make: Callable[..., Posting], given: tuple[Any, ...], wrong: tuple[str, str]
) -> None:
    with pytest.raises(Invalid) as caught:
        make(*given)

    (problem,) = caught.value.problems
    assert (problem.path, problem.code) == wrong


@pytest.mark.parametrize(
    ("balance", "points", "kind", "after"),
    [
        (0, 10, "earning", 10),
        (-30, 10, "earning", -20),
        (50, -50, "redemption", 0),
        (10, -500, "penalty", -490),
        (10, -20, "correction", -10),
    ],
)
def test_the_balance_after_an_entry(balance: int, points: int, kind: EntryType, after: int) -> None:
    assert points_rules.balance_after(balance, posting(points, kind)) == after


@pytest.mark.parametrize(("balance", "points"), [(49, -50), (0, -1), (-10, -1)])
def test_a_redemption_takes_nothing_that_is_not_there(balance: int, points: int) -> None:
    with pytest.raises(InsufficientPoints, match=f"the balance is {balance}"):
        points_rules.balance_after(balance, posting(points, "redemption"))


def penalty_request() -> PenaltyRequest:
    return PenaltyRequest(submission_id=SUBMISSION, penalty="forged_material", reason="Pasted figures")


def is_proof(*reasons: str) -> bool:
    try:
        points_rules.require_proof(penalty_request(), reasons, RULES)
    except NotProven:
        return False
    return True


@pytest.mark.parametrize("reasons", [(), ("unreadable",), ("wrong_material", "unreadable")])
def test_a_penalty_asks_for_a_rejection_that_gave_its_reason(reasons: tuple[str, ...]) -> None:
    with pytest.raises(NotProven, match="'not_genuine'"):
        points_rules.require_proof(penalty_request(), reasons, RULES)


def test_a_rejection_that_gave_its_reason_among_others_is_proof() -> None:
    assert is_proof("unreadable", "not_genuine")
    assert not is_proof("unreadable", "wrong_material")
