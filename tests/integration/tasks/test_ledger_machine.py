"""The task ledger under any order of what can happen to it, held against the model after every step."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from config.container import Container
from pipeline.kernel.database import Database, Hint
from pipeline.kernel.errors import Conflict, LeaseLost, NotFound, RetryableError
from pipeline.submission import audit
from pipeline.tasks import ledger, operate
from pipeline.tasks.ledger import Ledger, Task
from pipeline.tasks.relay import hint_due, sweep_leases
from pipeline.tasks.rules import SEND_MAIL, TaskState
from tests.support.desk import Desk
from tests.support.ledger_model import HOUR, KIND, LATELY, LOST, NEVER, Entry
from tests.support.machines import effort
from tests.support.together import at_once

ROUNDS = 10
ANY = st.integers(min_value=0, max_value=99)
KEYS = st.sampled_from("abcde")
OUTCOMES: dict[str, BaseException] = {
    "away": RetryableError("away"),
    "mistake": ZeroDivisionError("a mistake"),
    "interrupt": KeyboardInterrupt(),
    "for good": NotFound("nothing there"),
    "lost": LeaseLost("somebody else has it"),
}
LOOK = """
    SELECT task.*, hinted_at > now() AS lately,
      (SELECT count(*) FROM audit WHERE event = 'effect.applied' AND detail ->> 'task' = task.id::text) AS effects
    FROM task
"""
KEEP_FRESH = """
    UPDATE task SET hinted_at = now() + interval '1 hour' WHERE hinted_at BETWEEN now() - interval '30 minutes' AND now()
"""


class LedgerMachine(RuleBasedStateMachine):
    """Workers, relays, operators and mishaps in any order. `broker` is a broker that keeps, loses and repeats hints."""

    held: Bundle[Task] = Bundle("held")

    def __init__(self, tools: Container) -> None:
        super().__init__()
        self.desk = Desk(tools)
        self.broker: list[Hint] = []
        self.db = Database(tools.db.engine, after_commit=self.broker.extend)
        self.ledger = Ledger(self.db)
        self.model: dict[UUID, Entry] = {}
        self.keys: set[str] = set()
        self.desk.sql("DELETE FROM task")
        self.desk.sql("DELETE FROM audit")

    @initialize(target=held, keys=st.lists(KEYS, min_size=2, max_size=4, unique=True))
    def begin_in_the_middle(self, keys: list[str]) -> Any:
        """Workers have taken all tasks but the last, whose hint was lost."""
        for key in keys:
            self.record(key, "now")
        self.let_hints_age()
        self.broker.clear()
        return multiple(*[mine for mine in map(self._taken, list(self.model)[:-1]) if mine])

    # What makes work necessary

    @rule(key=KEYS, how=st.sampled_from(["now", "later", "in vain"]))
    def record(self, key: str, how: str) -> None:
        if how == "in vain":
            with suppress(NotFound), self.db.begin() as connection:
                ledger.record(connection, KIND, key, trace="trace-1")
                raise NotFound
            return
        with self.db.begin() as connection:
            delay = HOUR if how == "later" else 0
            task_id = ledger.record(connection, KIND, key, trace="trace-1", delay_seconds=delay)
        assert (task_id is None) == (key in self.keys)
        if task_id is not None:
            self.keys.add(key)
            self.model[task_id] = Entry(due=not delay, hinted=NEVER if delay else LATELY)

    # What workers do

    @precondition(lambda self: self.broker)
    @rule(target=held, at=ANY, workers=st.sampled_from([1, 1, 1, 2, 3]))
    def take(self, at: int, workers: int) -> Any:
        task_id = self._hint(at)
        assert self.ledger.claim(SEND_MAIL, task_id) is None  # that is another kind of work
        entry = self.model[UUID(task_id)]
        gets = entry.claim()
        got, raised = at_once(workers, lambda _: self.ledger.claim(KIND, task_id))
        mine = [each for each in got if each is not None]
        assert raised == []
        assert [(each.token, each.tries, each.waits) for each in mine] == [
            (entry.token, entry.attempts, entry.waits)
        ] * gets
        return multiple(*mine)

    @rule(target=held, mine=held)
    def overtake(self, mine: Task) -> Any:
        """The lease runs out, a relay notices, and the next worker takes the task; the first one may go on all the same."""
        self._run_out(mine.id)
        self.sweep()
        return self._taken(mine.id) or multiple()

    @rule(mine=held)
    def finish(self, mine: Task) -> None:
        still = self.model[mine.id].is_held(mine.token)
        assert self._finished(mine) == still
        if still:
            self.model[mine.id].finish()

    @rule(mine=held)
    def renew(self, mine: Task) -> None:
        entry = self.model[mine.id]
        if entry.is_held(mine.token):
            ledger.renew(self.db, mine)
            entry.expired = False
        else:
            with pytest.raises(LeaseLost):
                ledger.renew(self.db, mine)

    @rule(mine=held, outcome=st.sampled_from(["away", "mistake", "for good"]))
    def fail(self, mine: Task, outcome: str) -> None:
        error = OUTCOMES[outcome]
        end = self.ledger.park if outcome == "for good" else self.ledger.fail
        end(mine, error)
        if self.model[mine.id].is_held(mine.token):
            self._expect(mine.id, outcome)

    @precondition(lambda self: self.broker)
    @rule(at=ANY, outcome=st.sampled_from(["done", *OUTCOMES]))
    def work(self, at: int, outcome: str) -> None:
        task_id = self._hint(at)
        gets = self.model[UUID(task_id)].claim()
        with suppress(KeyboardInterrupt), self.ledger.work(KIND, task_id) as mine:
            assert (mine is not None) == gets
            if mine is not None and outcome != "done":
                raise OUTCOMES[outcome]
            assert mine is None or self._finished(mine)
        if gets:
            self._expect(UUID(task_id), outcome)

    # What the relay does

    @rule()
    def relay(self) -> None:
        self._relayed(answers=True)

    @precondition(lambda self: any(entry.wants_hint() for entry in self.model.values()))
    @rule()
    def relay_while_the_broker_is_away(self) -> None:
        self._relayed(answers=False)

    def _relayed(self, *, answers: bool) -> None:
        wanted = {task_id for task_id, entry in self.model.items() if entry.wants_hint()}
        sent: list[Hint] = []
        count = hint_due(self.db, _broker_that(sent, answers=answers))
        assert sorted(sent) == sorted((KIND.name, str(task_id)) for task_id in wanted)
        assert count == (len(wanted) if answers else 0)
        self.broker += sent if answers else []
        for task_id in wanted:
            self.model[task_id].hinted = LATELY if answers else NEVER

    @rule()
    def sweep(self) -> None:
        assert sweep_leases(self.db) == sum([entry.sweep() for entry in self.model.values()])

    # What operators do

    @rule(at=ANY, retries=st.booleans())
    def operate(self, at: int, *, retries: bool) -> None:
        task_id = self._task(at)
        entry = self.model[task_id]
        takes_it = {TaskState.PARKED, TaskState.READY} if retries else {TaskState.READY}
        refused = nullcontext() if entry.state in takes_it else pytest.raises(Conflict)
        with refused:
            operate.retry(self.db, task_id) if retries else operate.park(self.db, task_id, reason="a repair")
        if entry.state in takes_it:
            entry.retry() if retries else entry.park()

    # What goes wrong, and time

    @precondition(lambda self: self.broker)
    @rule(at=ANY, lose=st.booleans())
    def lose_or_repeat_a_hint(self, at: int, *, lose: bool) -> None:
        hint = self.broker.pop(at % len(self.broker))
        self.broker += [] if lose else [hint, hint]

    @rule(mine=held)
    def let_the_lease_run_out(self, mine: Task) -> None:
        self._run_out(mine.id)

    @rule()
    def let_hints_age(self) -> None:
        self.desk.sql("UPDATE task SET hinted_at = now() - interval '1 hour'  WHERE hinted_at IS NOT NULL")
        for entry in self.model.values():
            entry.hinted = NEVER if entry.hinted == NEVER else LOST

    @rule()
    def let_backoff_pass(self) -> None:
        self.desk.sql("UPDATE task SET due_at = now() - interval '1 second' WHERE state = 'ready'")
        for entry in self.model.values():
            entry.due = entry.due or entry.state is TaskState.READY

    # What must hold

    @invariant()
    def every_task_is_where_the_model_has_it(self) -> None:
        self.desk.sql(KEEP_FRESH)
        rows = self.desk.sql(LOOK)
        assert {row.id: _shown(row) for row in rows} == {task_id: each.shown() for task_id, each in self.model.items()}
        assert all(0 <= row.attempts <= KIND.max_tries for row in rows)
        assert all(row.effects == (row.state == TaskState.DONE) for row in rows)

    def teardown(self) -> None:
        """Whatever came before: once workers come and the relay relays, everything ends that was not set aside."""
        aside = {task_id for task_id, entry in self.model.items() if entry.state is TaskState.PARKED}
        for _ in range(ROUNDS):
            self._let_all_time_pass()
            hint_due(self.db, _broker_that(self.broker, answers=True))
            self._work_off()
        rows = self.desk.sql(LOOK)
        assert {row.state for row in rows} <= {TaskState.DONE, TaskState.PARKED}
        given_up = [row for row in rows if row.state == TaskState.PARKED and row.id not in aside]
        assert all(row.attempts == KIND.max_tries for row in given_up)
        assert all(row.effects == (row.state == TaskState.DONE) for row in rows)

    def _let_all_time_pass(self) -> None:
        self.desk.sql("UPDATE task SET lease_until = now() - interval '1 second' WHERE state = 'running'")
        sweep_leases(self.db)
        self.desk.sql("UPDATE task SET due_at = now() - interval '1 second', hinted_at = NULL WHERE state = 'ready'")

    def _work_off(self) -> None:
        while self.broker:
            mine = self.ledger.claim(KIND, self._hint(0))
            assert mine is None or self._finished(mine)

    def _task(self, at: int) -> UUID:
        return list(self.model)[at % len(self.model)]

    def _run_out(self, task_id: UUID) -> None:
        self.desk.sql(
            "UPDATE task SET lease_until = now() - interval '1 second' WHERE id = :id AND state = 'running'", id=task_id
        )
        self.model[task_id].expired = True

    def _taken(self, task_id: UUID) -> Task | None:
        gets = self.model[task_id].claim()
        mine = self.ledger.claim(KIND, str(task_id))
        assert (mine is not None) == gets
        return mine

    def _hint(self, at: int) -> str:
        return self.broker.pop(at % len(self.broker))[1]

    def _finished(self, mine: Task) -> bool:
        """Whether the effect and the end of the task are committed."""
        try:
            with self.db.begin() as connection:
                audit.write(connection, "effect.applied", actor="worker", detail={"task": str(mine.id)})
                ledger.finish(connection, mine)
        except LeaseLost:
            return False
        return True

    def _expect(self, task_id: UUID, outcome: str) -> None:
        entry = self.model[task_id]
        ends: dict[str, Callable[[], None]] = {
            "done": entry.finish,
            "away": entry.wait,
            "for good": entry.park,
            "lost": lambda: None,
        }
        ends.get(outcome, entry.fail)()


def _broker_that(takes: list[Hint], *, answers: bool) -> Callable[[Sequence[Hint]], bool]:
    def hint(hints: Sequence[Hint]) -> bool:
        takes.extend(sorted(hints))
        return answers

    return hint


def _shown(row: Any) -> tuple[object, ...]:
    hinted = NEVER if row.hinted_at is None else LATELY if row.lately else LOST
    return TaskState(row.state), row.token, row.attempts, row.waits, hinted, row.effects


def test_the_ledger_keeps_its_promises_in_any_order_of_events(tools: Container) -> None:
    class OnRealServers(LedgerMachine):
        def __init__(self) -> None:
            super().__init__(tools)

    run_state_machine_as_test(OnRealServers, settings=effort(examples=25, steps=25))
