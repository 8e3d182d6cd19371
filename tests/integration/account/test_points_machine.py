"""The points ledger under any order of what can happen to it, each thing repeated as often as one likes, held against a model."""

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from config.container import Container
from pipeline.account.rules.points import InsufficientPoints
from tests.support.desk import Desk
from tests.support.machines import effort
from tests.support.points import Points
from tests.support.servers import empty

if TYPE_CHECKING:
    from uuid import UUID

EVENTS: Final = {"rfq_quoted": 10, "credit_insurance_paid": 50}
PRICES: Final = {"rfq_quotation_right": 50, "performance_coupon": 200}
PENALTY: Final = 500
FORGERIES: Final = 3


class PointsMachine(RuleBasedStateMachine):
    """The model is the list of points that were written, and what was done under which source or key."""

    def __init__(self, tools: Container) -> None:
        super().__init__()
        empty(tools)
        self.points = Points(Desk(tools))
        self.written: list[int] = []
        self.sources: dict[tuple[str, str], int] = {}
        self.keys: dict[tuple[str, str, int], int] = {}
        self.forged: list[UUID] = []
        self.penalties: dict[UUID, int] = {}

    @rule(event=st.sampled_from(sorted(EVENTS)), source=st.sampled_from("abcde"))
    def earn(self, event: str, source: str) -> None:
        entry = self.points.earn(f"{event}-{source}", event=event)
        if (event, source) not in self.sources:
            self.written.append(EVENTS[event])
            self.sources[event, source] = len(self.written)
        assert entry.number == self.sources[event, source]

    @rule(item=st.sampled_from(sorted(PRICES)), quantity=st.integers(1, 3), key=st.sampled_from("abc"))
    def redeem(self, item: str, quantity: int, key: str) -> None:
        same, cost = (key, item, quantity), PRICES[item] * quantity
        name = f"{key}-{item}-{quantity}"
        if same not in self.keys and cost > sum(self.written):
            with pytest.raises(InsufficientPoints):
                self.points.redeem(item, quantity, key=name)
            return
        entry = self.points.redeem(item, quantity, key=name)
        if same not in self.keys:
            self.written.append(-cost)
            self.keys[same] = len(self.written)
        assert entry.number == self.keys[same]

    @rule(points=st.integers(-300, 600).filter(bool))
    def correct(self, points: int) -> None:
        self.written.append(points)
        assert self.points.correct(points).number == len(self.written)

    @precondition(lambda self: len(self.forged) < FORGERIES)
    @rule()
    def prove_a_forgery(self) -> None:
        self.forged.append(self.points.forged())

    @precondition(lambda self: self.forged)
    @rule(at=st.integers(0, FORGERIES - 1))
    def penalise(self, at: int) -> None:
        submission = self.forged[at % len(self.forged)]
        entry = self.points.penalise(submission)
        if submission not in self.penalties:
            self.written.append(-PENALTY)
            self.penalties[submission] = len(self.written)
        assert entry.number == self.penalties[submission]

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        entries = self.points.entries()
        assert [entry.points for entry in entries] == self.written
        assert [entry.balance_after for entry in entries] == [sum(self.written[: at + 1]) for at in range(len(entries))]
        assert self.points.balance().balance == sum(self.written)

    @invariant()
    def no_redemption_leaves_less_than_nothing(self) -> None:
        assert all(entry.balance_after >= 0 for entry in self.points.entries("redemption"))


@pytest.mark.timeout(900)
def test_the_points_ledger_keeps_its_promises_in_any_order_of_events(tools: Container) -> None:
    run_state_machine_as_test(lambda: PointsMachine(tools), settings=effort(examples=8, steps=15))  # type: ignore[arg-type]
