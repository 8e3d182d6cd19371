from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from pipeline.kernel.database import Hint
from pipeline.kernel.errors import Conflict, NotFound
from pipeline.kernel.ids import new_id
from pipeline.tasks import ledger, operate
from pipeline.tasks.relay import HINT_AGAIN_SECONDS, hint_due, sweep_leases
from pipeline.tasks.rules import FORGET_OLD, INSPECT, TaskState
from pipeline.tasks.schedule import SCHEDULE, Scheduled, fire_due
from pipeline.tasks.tables import schedule_run, task
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.faults import stubborn_task, without_broker
from tests.support.http import Api
from tests.support.together import at_once


def recorded(desk: Desk, count: int) -> list[UUID]:
    """Tasks that nobody was hinted at yet."""
    with desk.tools.db.begin() as connection:
        ids = [ledger.record(connection, FORGET_OLD, str(number), trace="t") for number in range(count)]
    desk.sql("UPDATE task SET hinted_at = NULL")
    desk.tools.broker.flush_all()
    return [task_id for task_id in ids if task_id is not None]


def running(desk: Desk, count: int) -> list[UUID]:
    ids = recorded(desk, count)
    for task_id in ids:
        assert desk.tools.ledger.claim(FORGET_OLD, str(task_id))
    return ids


def collected(hints: list[Hint]) -> Callable[[Sequence[Hint]], bool]:
    """Takes hints as a broker does that answers."""

    def take(sent: Sequence[Hint]) -> bool:
        hints.extend(sent)
        return True

    return take


def hinted(desk: Desk) -> list[Hint]:
    """What one relay hints now."""
    hints: list[Hint] = []
    hint_due(desk.tools.db, collected(hints))
    return hints


def states(desk: Desk) -> dict[UUID, str]:
    return {row.id: row.state for row in desk.tasks()}


def test_what_is_due_is_hinted_to_the_broker(desk: Desk) -> None:
    recorded(desk, 3)

    assert hint_due(desk.tools.db, desk.tools.hints) == 3

    assert desk.tools.broker.do_qsize(FORGET_OLD.queue) == 3


def test_two_relays_at_once_hint_each_task_once(desk: Desk) -> None:
    ids = recorded(desk, 120)
    hints: list[Hint] = []

    counts, _ = at_once(2, lambda _: hint_due(desk.tools.db, collected(hints), batch=50))
    rest = hinted(desk)

    assert sorted(counts) == [50, 50]
    assert sorted(task_id for _, task_id in [*hints, *rest]) == sorted(map(str, ids))


def test_a_relay_leaves_what_another_one_has_in_hand_and_does_not_wait_for_it(desk: Desk) -> None:
    first, second = recorded(desk, 2)
    with desk.tools.db.engine.connect() as other:
        other.execute(select(task).where(task.c.id == first).with_for_update())

        hints = hinted(desk)

    assert hints == [("ledger.forget", str(second))]


def test_what_was_hinted_lately_is_not_hinted_again(desk: Desk) -> None:
    recorded(desk, 1)
    hinted(desk)

    assert hinted(desk) == []


def test_a_hint_that_was_lost_is_given_again_after_a_while(desk: Desk) -> None:
    (task_id,) = recorded(desk, 1)
    hinted(desk)
    desk.let_hints_age(HINT_AGAIN_SECONDS + 1)

    assert hinted(desk) == [("ledger.forget", str(task_id))]


def test_what_is_not_due_or_runs_or_is_done_or_parked_is_not_hinted(desk: Desk) -> None:
    recorded(desk, 4)
    desk.sql("UPDATE task SET due_at = now() + interval '1 hour' WHERE ref_id = '0'")
    desk.sql("UPDATE task SET state = 'running', lease_until = now() WHERE ref_id = '1'")
    desk.sql("UPDATE task SET state = 'done' WHERE ref_id = '2'")
    desk.sql("UPDATE task SET state = 'parked' WHERE ref_id = '3'")

    assert hinted(desk) == []


def test_a_broker_that_forgot_everything_loses_no_work(desk: Desk) -> None:
    desk.submit_avatar()
    assert desk.tools.broker.do_qsize(INSPECT.queue) == 1
    desk.tools.broker.client.flushall()
    desk.let_hints_age(HINT_AGAIN_SECONDS + 1)

    hint_due(desk.tools.db, desk.tools.hints)

    assert desk.tools.broker.do_qsize(INSPECT.queue) == 1


def test_a_request_succeeds_while_the_broker_is_away_and_the_relay_brings_the_work(desk: Desk, api: Api) -> None:
    with without_broker(desk.tools) as tools:
        answer = api.over(tools).submit(avatar_body())

    assert answer.status_code == 202
    assert api.get(f"/v1/submissions/{answer.json()['id']}").json()["state"] == "received"
    desk.let_hints_age(HINT_AGAIN_SECONDS + 1)
    assert hinted(desk) == [("submission.inspect", str(desk.only_task().id))]


def test_a_lease_that_ran_out_is_taken_back_and_the_work_hinted(desk: Desk) -> None:
    first, second = running(desk, 2)
    desk.let_lease_expire(first)

    assert sweep_leases(desk.tools.db) == 1

    assert states(desk) == {first: "ready", second: "running"}
    assert hinted(desk) == [("ledger.forget", str(first))]


def test_many_relays_at_once_take_a_lease_back_once(desk: Desk) -> None:
    (task_id,) = running(desk, 1)
    desk.let_lease_expire(task_id)

    swept, _ = at_once(6, lambda _: sweep_leases(desk.tools.db))

    assert sum(swept) == 1
    assert desk.only_task().attempts == 1


def test_a_row_that_cannot_be_taken_back_does_not_stop_the_rest(desk: Desk) -> None:
    first, second, third = running(desk, 3)
    desk.sql("UPDATE task SET lease_until = now() - interval '1 minute'")

    with stubborn_task(desk.tools, first):
        swept = sweep_leases(desk.tools.db)

    assert swept == 2
    assert states(desk) == {first: "running", second: "ready", third: "ready"}


def test_two_schedulers_racing_fire_each_period_once(desk: Desk) -> None:
    fired, raised = at_once(6, lambda _: fire_due(desk.tools.db))

    assert raised == []
    assert sum(fired) == len(SCHEDULE)
    assert sorted(row.kind for row in desk.tasks()) == [
        "ledger.forget",
        "promise.watch",
        "retention.sweep",
        "storage.sweep",
    ]
    assert len(desk.rows(schedule_run)) == len(SCHEDULE)


def test_the_next_period_fires_again(desk: Desk) -> None:
    daily = [Scheduled(FORGET_OLD, timedelta(days=1))]
    fire_due(desk.tools.db, schedule=daily)
    desk.sql("UPDATE schedule_run SET run_at = run_at - interval '1 day'")
    desk.sql("UPDATE task SET dedup_key = 'yesterday'")

    assert fire_due(desk.tools.db, schedule=daily) == 1

    assert len(desk.tasks()) == 2


def test_an_operator_lets_a_parked_task_be_tried_anew(desk: Desk) -> None:
    (task_id,) = recorded(desk, 1)
    operate.park(desk.tools.db, task_id, reason="waiting for a repair")
    assert desk.parked() == ["Parked by an operator: waiting for a repair"]

    operate.retry(desk.tools.db, task_id)

    row = operate.task_shown(desk.tools.db, task_id)
    assert (row["state"], row["attempts"], row["ended_at"]) == ("ready", 0, None)
    assert desk.tools.broker.do_qsize(FORGET_OLD.queue) == 1


@pytest.mark.parametrize("state", ["running", "done"])
def test_what_runs_or_is_done_is_not_tried_again(desk: Desk, state: str) -> None:
    (task_id,) = recorded(desk, 1)
    lease = "now()" if state == "running" else "NULL"
    desk.sql(f"UPDATE task SET state = :state, lease_until = {lease}", state=state)  # noqa: S608

    with pytest.raises(Conflict):
        operate.retry(desk.tools.db, task_id)
    with pytest.raises(Conflict):
        operate.park(desk.tools.db, task_id, reason="no")

    assert desk.only_task().state == state


def test_a_task_that_does_not_exist_cannot_be_operated(desk: Desk) -> None:
    with pytest.raises(NotFound):
        operate.retry(desk.tools.db, new_id())


def test_operators_see_how_much_waits(desk: Desk) -> None:
    ids = recorded(desk, 3)
    operate.park(desk.tools.db, ids[0], reason="one")

    counts = {(row["kind"], row["state"]): row["count"] for row in operate.counts(desk.tools.db)}

    assert counts == {("ledger.forget", "ready"): 2, ("ledger.forget", "parked"): 1}
    assert len(operate.tasks(desk.tools.db, state=TaskState.PARKED, kind="ledger.forget")) == 1
    assert len(operate.tasks(desk.tools.db, state=None, kind=None)) == 3


def test_a_hint_that_did_not_leave_is_not_counted_as_under_way(desk: Desk) -> None:
    with without_broker(desk.tools) as cut_off:
        Desk(cut_off).submit_avatar()

    assert desk.only_task().hinted_at is None
    assert len(hinted(desk)) == 1


def test_a_relay_whose_broker_is_away_leaves_its_tasks_to_be_hinted_at_once_when_it_is_back(desk: Desk) -> None:
    recorded(desk, 2)
    desk.let_hints_age(60)
    with without_broker(desk.tools) as cut_off:
        sent = hint_due(desk.tools.db, cut_off.hints)

    assert sent == 0
    assert len(hinted(desk)) == 2
