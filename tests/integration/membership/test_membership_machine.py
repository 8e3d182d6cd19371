"""Orders, refunds, approvals and corrections in any order, each told as often as one likes, held against a model.

Whatever happens, the level is the model's, and every change of it is explained by what caused it.
"""

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from config.container import Container
from pipeline.membership.corrections import NothingToCorrect
from pipeline.membership.rules.spend import OrderCompletedBefore
from pipeline.tasks.rules import UNLOCK_STAGE
from tests.support.desk import Desk
from tests.support.machines import effort
from tests.support.membership_model import LADDER, Model
from tests.support.servers import empty
from tests.support.spend import Spending, cancelled, completed, refunded

if TYPE_CHECKING:
    from schemas.incoming import EventReceipt

ORDERS: Final = st.sampled_from([f"o-{number}" for number in range(1, 9)])
PAID: Final = st.sampled_from([1, 20_000, 80_000])
BACK: Final = st.sampled_from([1, 20_000])
ANY_GROUND: Final = ("verification", "spend", "correction")


class MembershipMachine(RuleBasedStateMachine):
    """One member. `told` are the events so far, with their receipts, to be told again."""

    def __init__(self, tools: Container) -> None:
        super().__init__()
        empty(tools)
        self.desk = Desk(tools)
        self.spending = Spending(self.desk)
        self.model = Model()
        self.told: list[tuple[dict[str, Any], EventReceipt]] = []

    @rule(order=ORDERS, amount=PAID)
    def complete(self, order: str, amount: int) -> None:
        known = self.model.order(order)
        body = completed(order, amount, event_id=self._next_id())
        if known.paid is not None:
            with pytest.raises(OrderCompletedBefore):
                self.spending.receive(body)
            return
        before = self.model.spent
        known.paid = amount
        self._counted(body, before)

    @rule(order=ORDERS, amount=BACK)
    def refund(self, order: str, amount: int) -> None:
        before = self.model.spent
        self.model.order(order).back += amount
        self._counted(refunded(order, amount, event_id=self._next_id()), before)

    @rule(order=ORDERS)
    def cancel(self, order: str) -> None:
        before = self.model.spent
        self.model.order(order).cancelled = True
        self._counted(cancelled(order, event_id=self._next_id()), before)

    @precondition(lambda self: self.told)
    @rule(at=st.integers(0, 99))
    def tell_again(self, at: int) -> None:
        body, receipt = self.told[at % len(self.told)]
        assert self.spending.receive(body) == receipt

    @precondition(lambda self: len(self.model.standing("verified")) == 0)
    @rule()
    def approve(self) -> None:
        self.desk.case_waiting(kind="verification", stage="verified")
        decision = self.desk.approve().id
        self.desk.run_due(UNLOCK_STAGE)
        self.model.give("verified", "verification", decision)

    @rule(high=st.booleans())
    def take_away(self, *, high: bool) -> None:
        held = sorted({each.stage for each in self.model.grounds if each.standing}, key=LADDER.index)
        if not held:
            with pytest.raises(NothingToCorrect):
                self.spending.correct("trusted")
            return
        stage = held[-1 if high else 0]
        corrected = self.spending.correct(stage)
        self.model.take_away(stage, corrected.id, kinds=ANY_GROUND)

    @precondition(lambda self: not self.model.standing("premier"))
    @rule()
    def give(self) -> None:
        self.model.give("premier", "correction", self.spending.correct("premier", unlocked=True).id)

    @precondition(lambda self: any(state == "open" for _, state in self.model.reviews))
    @rule(keeps=st.booleans())
    def settle(self, *, keeps: bool) -> None:
        (review, *_) = [each for each in self.spending.reviews if each.state == "open"]
        self.spending.resolve(review.id, "keep" if keeps else "take_away")
        if keeps:
            known = self.model.open_review(review.stage)
            assert known is not None
            known[1] = "kept"
        else:
            cause = self.desk.sql("SELECT id FROM stage_correction ORDER BY at DESC LIMIT 1")[0].id
            self.model.take_away(review.stage, cause, kinds=("spend",))

    @invariant()
    def the_level_is_the_models_and_every_change_of_it_is_explained_by_its_cause(self) -> None:
        view = self.desk.membership()
        assert (view.level, int(view.spent.amount)) == (self.model.level, self.model.spent)
        unlocked = {each.stage for each in view.stages[1:] if each.unlocked}
        assert unlocked == {each.stage for each in self.model.grounds if each.standing}
        assert [(each.from_level, each.to_level, each.cause) for each in view.history] == self.model.changes
        assert [each.version for each in view.history] == list(range(2, len(view.history) + 2))

    @invariant()
    def refunds_are_before_a_person_as_the_model_says(self) -> None:
        assert [[each.stage, each.state] for each in self.spending.reviews] == self.model.reviews

    def _next_id(self) -> str:
        return f"e-{len(self.told)}"

    def _counted(self, body: dict[str, Any], before: int) -> None:
        receipt = self.spending.receive(body)
        self.told.append((body, receipt))
        self.model.counted(before, receipt.event_id)


@pytest.mark.timeout(900)
def test_levels_are_what_their_causes_make_them_in_any_order_of_events(tools: Container) -> None:
    made = lambda: MembershipMachine(tools)  # noqa: E731  (what hypothesis calls for each example)
    run_state_machine_as_test(made, settings=effort(examples=6, steps=20))  # type: ignore[arg-type]
