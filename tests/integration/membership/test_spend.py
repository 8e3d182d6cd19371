from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.events.inbound import EventReused, inbound_event
from pipeline.events.tables import event as event_table
from pipeline.membership.rules.spend import AnothersOrder, OrderCompletedBefore
from pipeline.membership.tables import ground, level_change, spend_event, unlocked_stage
from pipeline.submission.audit import audit
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.mails import words
from tests.support.servers import variant
from tests.support.spend import PREMIER, TRUSTED, Spending, completed, refunded
from tests.support.together import at_once

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def spending(desk: Desk) -> Spending:
    return Spending(desk)


@pytest.fixture
def keeping(desk: Desk) -> Spending:
    """Under a policy by which a stage that was unlocked is kept whatever is refunded."""
    policy = desk.tools.policy
    rules = policy.spend.model_copy(update={"refunds_below": "keep"})
    return Spending(Desk(variant(desk.tools, policy=policy.model_copy(update={"spend": rules}))))


def test_orders_add_up_and_a_stage_is_unlocked_when_its_amount_is_reached(spending: Spending, desk: Desk) -> None:
    first = spending.complete("o-1", TRUSTED - 1)
    second = spending.complete("o-2", 1)

    assert (first.spend and first.spend.unlocked, second.spend and second.spend.unlocked) == ((), ("trusted",))
    view = desk.membership()
    assert (view.level, view.spent.amount, view.spent.currency) == ("trusted", TRUSTED, "EUR")
    assert "rfq_quotation" in view.benefits
    (change,) = view.history
    assert (change.from_level, change.to_level, change.because) == ("registered", "trusted", "spend")
    assert (change.cause, change.source, change.source_id) == (second.event_id, "shop", "o-2.completed")
    assert change.policy_version == desk.tools.policy.version


def test_the_change_is_told_to_other_services_and_to_the_member(spending: Spending, desk: Desk) -> None:
    desk.accept(avatar_body())

    spending.complete()
    desk.run_due()

    told = [row for row in desk.rows(event_table) if row.type == "membership.level_changed"]
    assert [(row.data["to_level"], row.data["because"], row.data["version"]) for row in told] == [
        ("trusted", "spend", 2)
    ]
    letters = [mail for mail in desk.mails() if "Trusted member" in mail["Subject"]]
    assert len(letters) == 1
    assert "Quoting on requests for quotation" in words(letters[0])
    assert "List-Unsubscribe" in letters[0]


def test_an_order_can_reach_two_stages_at_once_and_changes_the_level_once(spending: Spending, desk: Desk) -> None:
    spending.complete("o-1", PREMIER)

    assert spending.steps == [("registered", "premier", "spend")]
    assert sorted(row.stage for row in desk.rows(unlocked_stage)) == ["premier", "trusted"]


def test_a_refund_may_come_before_its_order(spending: Spending) -> None:
    early = spending.refund("o-1", "2500.50")
    spending.complete("o-1", "10000.25")

    assert early.spend is not None
    assert (early.spend.order_known, early.spend.spent.amount) == (False, Decimal(0))
    assert spending.spent == Decimal("7499.75")


def test_an_order_that_was_cancelled_counts_nothing_whichever_came_first(spending: Spending) -> None:
    spending.cancel("o-1")
    spending.complete("o-1", TRUSTED)
    spending.complete("o-2", 500)
    spending.cancel("o-2")

    assert (spending.spent, spending.level) == (Decimal(0), "registered")


def test_an_order_in_another_currency_counts_by_the_rate_of_its_day(spending: Spending) -> None:
    spending.complete("o-1", 1000, currency="USD", at="2025-12-31T23:00:00Z")
    spending.complete("o-2", 1000, currency="USD", at="2026-01-01T00:00:00Z")

    assert spending.spent == Decimal("965.50") + Decimal("852.00")


def test_an_event_that_is_told_again_gets_the_first_receipt_and_counts_no_more(spending: Spending, desk: Desk) -> None:
    first = spending.complete("o-1", "20000.00")
    spending.complete("o-2", 5)

    again = spending.complete("o-1", "20000.0", at="2026-03-02T12:00:00+02:00")

    assert again == first
    assert spending.spent == TRUSTED + 5
    assert len(desk.rows(level_change)) == 1


@pytest.mark.parametrize(
    "other",
    [
        completed("o-1", "100.01"),
        completed("o-1", currency="USD"),
        completed("o-1", member_id="m-2"),
        completed("o-1", at="2026-03-02T10:00:01Z"),
        completed("o-2", event_id="o-1.completed"),
        refunded("o-1", event_id="o-1.completed"),
        {**completed("o-1"), "type": "rfq_quoted", "order": None},
    ],
    ids=["amount", "currency", "member", "time", "order", "type", "points"],
)
def test_the_same_id_for_another_event_is_refused(spending: Spending, desk: Desk, other: dict[str, Any]) -> None:
    spending.receive(completed("o-1"))

    with pytest.raises(EventReused):
        spending.receive(other)

    assert len(desk.rows(spend_event)) == 1


def test_one_order_is_completed_once_and_belongs_to_one_member(spending: Spending, desk: Desk) -> None:
    spending.complete("o-1", 10)

    with pytest.raises(OrderCompletedBefore):
        spending.complete("o-1", 10, event_id="another")
    with pytest.raises(AnothersOrder):
        spending.refund("o-1", 10, member_id="m-2")

    assert spending.spent == 10
    assert len(desk.rows(inbound_event)) == 1


def test_orders_of_two_services_may_have_the_same_id(spending: Spending) -> None:
    spending.complete("o-1", 10)
    spending.receive({**completed("o-1", 10), "source": "other-shop"})

    assert spending.spent == 20


def test_a_stage_that_verification_gave_is_reached_by_spend_without_another_change(
    spending: Spending, desk: Desk
) -> None:
    desk.case_waiting(kind="verification", stage="trusted")
    desk.approve()
    desk.run_due()

    spending.complete()

    assert spending.steps == [("registered", "trusted", "verification")]
    assert sorted(row.kind for row in desk.rows(ground)) == ["spend", "verification"]


def test_by_a_policy_that_keeps_a_stage_refunds_change_nothing(keeping: Spending) -> None:
    keeping.complete()
    keeping.refund()
    keeping.complete("o-2")

    assert (keeping.level, keeping.reviews, len(keeping.steps)) == ("trusted", (), 1)


def test_by_a_policy_that_reviews_refunds_the_stage_stays_until_a_person_looked(spending: Spending) -> None:
    spending.complete()

    refund = spending.refund("o-1", 1)

    (review,) = spending.reviews
    assert refund.spend is not None
    assert refund.spend.under_review == ("trusted",)
    assert (review.state, review.stage, review.cause) == ("open", "trusted", refund.event_id)
    assert (review.needed.amount, review.spent.amount) == (TRUSTED, TRUSTED - 1)
    assert spending.level == "trusted"


def test_further_refunds_open_no_second_review(spending: Spending) -> None:
    spending.complete()
    spending.refund("o-1", 1)

    spending.refund("o-1", 1, event_id="second")

    assert [review.state for review in spending.reviews] == ["open"]


def test_new_orders_that_reach_the_amount_again_end_the_review(spending: Spending) -> None:
    spending.complete()
    spending.refund("o-1", 1)

    spending.complete("o-2", 1)

    assert [review.state for review in spending.reviews] == ["recovered"]
    assert len(spending.steps) == 1


def test_the_ladder_says_what_is_missing(spending: Spending, desk: Desk) -> None:
    spending.complete("o-1", 500)

    by_stage = {each.stage: each.spend for each in desk.membership().stages}
    assert by_stage["verified"] is None
    assert by_stage["trusted"] is not None
    assert (by_stage["trusted"].needed.amount, by_stage["trusted"].missing.amount) == (TRUSTED, TRUSTED - 500)


def test_what_was_counted_is_in_the_history(spending: Spending, desk: Desk) -> None:
    spending.complete()

    assert [(row.event, row.actor, row.correlation_id) for row in desk.rows(audit)][0::2] == [
        ("membership.stage_unlocked", "membership", "trace-1"),
        ("spend.counted", "shop", "trace-1"),
    ]


# At the same moment


def test_one_event_told_by_ten_at_once_counts_once(spending: Spending, desk: Desk) -> None:
    receipts, raised = at_once(10, lambda _: spending.complete())

    assert raised == []
    assert len({receipt.event_id for receipt in receipts}) == 1
    assert (spending.spent, len(spending.steps)) == (TRUSTED, 1)
    assert len(desk.rows(spend_event)) == 1


def test_orders_that_cross_the_amount_at_once_unlock_the_stage_once(spending: Spending, desk: Desk) -> None:
    receipts, raised = at_once(6, lambda number: spending.complete(f"o-{number}", TRUSTED))

    unlocked = [receipt.spend.unlocked for receipt in receipts if receipt.spend]
    assert raised == []
    assert sorted(unlocked) == sorted([("trusted",), ("premier",), (), (), (), ()])
    assert [step[1] for step in spending.steps] == ["trusted", "premier"]
    assert spending.spent == 6 * TRUSTED
    assert [row.version for row in desk.rows(level_change)] == [2, 3]


@pytest.mark.parametrize("turn", range(3))
def test_a_refund_and_its_order_at_once_leave_what_they_leave_one_after_another(spending: Spending, turn: int) -> None:
    acts: list[Callable[[], Any]] = [spending.complete, lambda: spending.refund("o-1", turn + 1)]

    _, raised = at_once(2, lambda number: acts[number]())

    assert raised == []
    assert spending.spent == TRUSTED - turn - 1
    unlocked = spending.level == "trusted"
    assert [review.state for review in spending.reviews] == (["open"] if unlocked else [])


def test_one_order_told_for_many_members_at_once_is_one_members(spending: Spending) -> None:
    receipts, raised = at_once(
        6, lambda number: spending.complete("o-1", 10, member_id=f"m-{number}", event_id=f"e-{number}")
    )

    assert len(receipts) == 1
    assert {type(error) for error in raised} <= {AnothersOrder}
    assert len(raised) == 5
