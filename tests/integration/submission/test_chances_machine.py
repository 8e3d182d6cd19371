"""Chances under any order of what takes, spends and gives them back, held against a model: never six, never one twice."""

from typing import Final
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from config.container import Container
from pipeline.intake.accept import withdraw
from pipeline.kernel.errors import AttemptsExhausted
from pipeline.submission import lifecycle
from pipeline.submission.lifecycle import Transition
from pipeline.tasks.rules import JUDGE_NUMBER
from tests.support.bodies import verification_body
from tests.support.desk import Desk
from tests.support.machines import effort
from tests.support.methods import GERMAN, GERMAN_WRONG, number_body
from tests.support.servers import empty

CHANCES: Final = frozenset(range(1, 6))
METHODS: Final = ("materials", "tax_number")
GIVES_BACK: Final = frozenset({Transition.WITHDRAWN, Transition.REFUSED})


class AttemptsMachine(RuleBasedStateMachine):
    """One member and stage. The model is which chances are spent, and which an open submission holds."""

    def __init__(self, tools: Container) -> None:
        super().__init__()
        empty(tools)
        self.desk = Desk(tools)
        self.spent: dict[str, set[int]] = {method: set() for method in METHODS}
        self.held: dict[str, dict[UUID, int]] = {method: {} for method in METHODS}

    @rule()
    def send_materials(self) -> None:
        self._submit("materials", verification_body())

    @rule()
    def send_a_number(self) -> None:
        self._submit("tax_number", number_body(*GERMAN))

    @rule()
    def send_a_wrong_number(self) -> None:
        submission = self._submit("tax_number", number_body(*GERMAN_WRONG))
        self.desk.run_due(JUDGE_NUMBER)
        if submission is not None:
            self.spent["tax_number"].add(self.held["tax_number"].pop(submission))

    @rule(
        method=st.sampled_from(METHODS),
        event=st.sampled_from([Transition.WITHDRAWN, Transition.REJECTED, Transition.REFUSED]),
    )
    def end_one(self, method: str, event: Transition) -> None:
        received = self.held[method]
        if not received or (event, method) == (Transition.REFUSED, "tax_number"):
            return
        submission, chance = next(iter(received.items()))
        self._end(submission, event)
        del received[submission]
        if event not in GIVES_BACK:
            self.spent[method].add(chance)

    @invariant()
    def what_is_left_is_what_the_model_says(self) -> None:
        (rung,) = [each for each in self.desk.membership().stages if each.stage == "verified"]
        left = {each.method: each.chances_left for each in rung.methods if each.method in METHODS}
        assert left == {method: len(self._free(method)) for method in METHODS}

    def _submit(self, method: str, body: dict[str, object]) -> UUID | None:
        free = self._free(method)
        if not free:
            with pytest.raises(AttemptsExhausted):
                self.desk.accept(body)
            return None
        accepted = self.desk.accept(body)
        assert (accepted.chance, accepted.chances_left) == (min(free), len(free) - 1)
        self.held[method][accepted.id] = min(free)
        return accepted.id

    def _free(self, method: str) -> frozenset[int]:
        return CHANCES - self.spent[method] - set(self.held[method].values())

    def _end(self, submission: UUID, event: Transition) -> None:
        if event is Transition.WITHDRAWN:
            withdraw(submission, caller="test", db=self.desk.tools.db)
            return
        with self.desk.tools.db.begin() as connection:
            lifecycle.transition(connection, submission, event, actor="test")


@pytest.mark.timeout(900)
def test_chances_are_never_six_and_never_given_twice_in_any_order_of_events(tools: Container) -> None:
    made = lambda: AttemptsMachine(tools)  # noqa: E731  (what hypothesis calls for each example)
    run_state_machine_as_test(made, settings=effort(examples=4, steps=20))  # type: ignore[arg-type]
