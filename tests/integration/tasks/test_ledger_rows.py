"""What the ledger writes, to the column: what operators read, and what the next step relies on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from pipeline.kernel.errors import LeaseLost, NotFound, RetryableError
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task, kind_named
from pipeline.tasks.relay import forget_hints, hint_due, sweep_leases
from pipeline.tasks.rules import FORGET_OLD, SEND_MAIL
from pipeline.tasks.schedule import SCHEDULE, Scheduled, fire_due, slot
from pipeline.tasks.tables import schedule_run
from tests.support.desk import Desk

TWICE = replace(SEND_MAIL, max_tries=2, backoff_seconds=1000.0, backoff_cap_seconds=9000.0)
PATIENT = replace(TWICE, wait_cap_seconds=90_000.0)
SOON = timedelta(seconds=60)


def recorded(desk: Desk, ref: str = "one", **more: Any) -> UUID:
    with desk.tools.db.begin() as connection:
        task_id = ledger.record(connection, TWICE, ref, trace="trace-1", **more)
    assert task_id is not None
    return task_id


def claimed(desk: Desk, task_id: UUID) -> Task:
    held = desk.tools.ledger.claim(TWICE, str(task_id))
    assert held is not None
    return held


def row(desk: Desk, task_id: UUID) -> Any:
    (found,) = [each for each in desk.tasks() if each.id == task_id]
    return found


def database_now(desk: Desk) -> datetime:
    with desk.tools.db.read() as connection:
        now: datetime = connection.execute(select(func.now())).scalar_one()
    return now


def lose(desk: Desk, held: Task) -> None:
    desk.let_lease_expire(held.id)
    assert sweep_leases(desk.tools.db) == 1


def test_work_is_recorded_with_all_that_was_said_of_it(desk: Desk) -> None:
    mine = recorded(desk, payload={"body": 1}, dedup_key="once")

    now = row(desk, mine)
    assert (now.kind, now.ref_id, now.dedup_key, now.trace, now.payload) == (
        "mail.send",
        "one",
        "once",
        "trace-1",
        {"body": 1},
    )
    assert now.hinted_at == now.due_at == now.created_at


def test_work_without_a_key_of_its_own_is_known_by_kind_and_ref(desk: Desk) -> None:
    mine = recorded(desk)

    assert row(desk, mine).dedup_key == "mail.send:one"
    assert row(desk, mine).payload is None


def test_work_for_later_is_due_later_and_not_hinted(desk: Desk) -> None:
    mine = recorded(desk, delay_seconds=1000)

    now = row(desk, mine)
    assert (now.due_at - now.created_at, now.hinted_at) == (timedelta(seconds=1000), None)
    assert desk.tools.broker.do_qsize(TWICE.queue) == 0


def test_what_is_claimed_carries_all_that_the_worker_needs(desk: Desk) -> None:
    mine = recorded(desk, payload={"body": 1})
    recorded(desk, "two")

    held = claimed(desk, mine)

    assert held == Task(mine, TWICE, "one", 1, 1, 0, "trace-1", {"body": 1})
    assert row(desk, mine).lease_until - database_now(desk) > timedelta(seconds=TWICE.lease_seconds) - SOON
    assert row(desk, mine).lease_until - database_now(desk) <= timedelta(seconds=TWICE.lease_seconds)
    assert sorted(each.state for each in desk.tasks()) == ["ready", "running"]


def test_a_claim_keeps_the_last_error_and_takes_the_end_away(desk: Desk) -> None:
    mine = recorded(desk)
    desk.sql("UPDATE task SET last_error = 'the first try', ended_at = now()")

    claimed(desk, mine)

    assert (row(desk, mine).last_error, row(desk, mine).ended_at) == ("the first try", None)


def test_a_task_that_is_parked_at_the_claim_has_no_lease_and_an_end(desk: Desk) -> None:
    mine = recorded(desk)
    desk.sql("UPDATE task SET attempts = 2")

    assert desk.tools.ledger.claim(TWICE, str(mine)) is None

    now = row(desk, mine)
    assert (now.state, now.lease_until, now.attempts, now.token) == ("parked", None, 2, 1)
    assert now.ended_at is not None


def test_a_task_that_is_finished_has_an_end_and_no_error_and_no_lease(desk: Desk) -> None:
    mine = recorded(desk)
    other = claimed(desk, recorded(desk, "two"))
    desk.sql("UPDATE task SET last_error = 'the first try'")
    held = claimed(desk, mine)

    with desk.tools.db.begin() as connection:
        ledger.finish(connection, held)

    now = row(desk, mine)
    assert (now.state, now.lease_until, now.last_error) == ("done", None, None)
    assert now.ended_at is not None
    assert row(desk, other.id).state == "running"


def test_a_lease_is_renewed_from_now_and_no_other(desk: Desk) -> None:
    mine, other = claimed(desk, recorded(desk)), claimed(desk, recorded(desk, "two"))
    desk.sql("UPDATE task SET lease_until = now() + interval '1 second'")

    ledger.renew(desk.tools.db, mine)

    left = {each.id: each.lease_until - database_now(desk) for each in desk.tasks()}
    assert timedelta(seconds=TWICE.lease_seconds) - SOON < left[mine.id] <= timedelta(seconds=TWICE.lease_seconds)
    assert left[other.id] <= timedelta(seconds=1)


def test_a_worker_that_lost_its_lease_cannot_renew_or_finish_and_is_told_which(desk: Desk) -> None:
    mine = claimed(desk, recorded(desk))
    lose(desk, mine)
    claimed(desk, mine.id)

    with pytest.raises(LeaseLost) as renewing:
        ledger.renew(desk.tools.db, mine)
    with pytest.raises(LeaseLost) as finishing, desk.tools.db.begin() as connection:
        ledger.finish(connection, mine)

    words = f"Task {mine.id} is no longer held with token 1."
    assert (str(renewing.value), str(finishing.value)) == (words, words)


def test_a_worker_sees_whether_it_still_holds_its_task(desk: Desk) -> None:
    mine = claimed(desk, recorded(desk))
    other = claimed(desk, recorded(desk, "two"))
    lose(desk, mine)

    with desk.tools.db.read() as connection:
        held = [connection.execute(select(ledger.is_held(each))).scalar_one() for each in (mine, other)]

    assert held == [False, True]


def test_a_failed_task_is_due_again_after_the_backoff_of_its_attempts(desk: Desk) -> None:
    mine = claimed(desk, recorded(desk))

    desk.tools.ledger.fail(mine, ZeroDivisionError("a mistake"))

    wait = row(desk, mine.id).due_at - database_now(desk)
    assert timedelta(seconds=500) - SOON < wait <= timedelta(seconds=1000)


def test_a_task_that_is_given_back_is_due_at_once_and_not_hinted(desk: Desk) -> None:
    mine, other = claimed(desk, recorded(desk)), claimed(desk, recorded(desk, "two"))
    desk.sql("UPDATE task SET due_at = now() - interval '1 hour'")

    lose(desk, mine)

    now = row(desk, mine.id)
    assert (now.state, now.lease_until, now.hinted_at, now.attempts, now.token) == ("ready", None, None, 1, 1)
    assert database_now(desk) - now.due_at < SOON
    assert row(desk, other.id).state == "running"


def test_leases_are_taken_back_in_the_order_in_which_they_ran_out_a_batch_at_a_time(desk: Desk) -> None:
    held = [claimed(desk, recorded(desk, ref)) for ref in ("one", "two", "three")]
    for seconds, each in zip((10, 30, 20), held, strict=True):
        desk.sql(
            "UPDATE task SET lease_until = now() - make_interval(secs => :s) WHERE id = :id", s=seconds, id=each.id
        )

    assert sweep_leases(desk.tools.db, batch=2) == 2

    assert [row(desk, each.id).state for each in held] == ["running", "ready", "ready"]


def test_what_is_due_longest_is_hinted_first(desk: Desk) -> None:
    ids = [recorded(desk, ref) for ref in ("one", "two", "three")]
    for seconds, each in zip((10, 30, 20), ids, strict=True):
        desk.sql(
            "UPDATE task SET hinted_at = NULL, due_at = now() - make_interval(secs => :s) WHERE id = :id",
            s=seconds,
            id=each,
        )

    assert hint_due(desk.tools.db, lambda _: True, batch=2) == 2

    assert [row(desk, each).hinted_at is None for each in ids] == [True, False, False]


def test_a_hint_that_did_not_leave_is_unmarked_and_one_that_left_is_not(desk: Desk) -> None:
    mine, other = recorded(desk), recorded(desk, "two")
    desk.sql("UPDATE task SET hinted_at = NULL WHERE id = :id", id=mine)

    assert hint_due(desk.tools.db, lambda _: False) == 0

    assert row(desk, mine).hinted_at is None
    assert row(desk, other).hinted_at is not None


def test_a_task_that_somebody_took_meanwhile_keeps_its_mark_when_hints_did_not_leave(desk: Desk) -> None:
    mine, taken = recorded(desk), recorded(desk, "two")
    claimed(desk, taken)

    forget_hints(desk.tools.db, [(TWICE.name, str(mine)), (TWICE.name, str(taken))])

    assert row(desk, mine).hinted_at is None
    assert row(desk, taken).hinted_at is not None


def test_a_period_is_fired_with_its_beginning_as_its_name(desk: Desk) -> None:
    before = slot(timedelta(days=1), database_now(desk))

    assert fire_due(desk.tools.db, schedule=[Scheduled(FORGET_OLD, timedelta(days=1))]) == 1

    begun = desk.rows(schedule_run)[0].run_at
    fired = desk.only_task()
    assert begun >= before
    assert (fired.kind, fired.ref_id, fired.trace) == (
        "ledger.forget",
        begun.isoformat(),
        f"schedule:ledger.forget:{begun.isoformat()}",
    )
    assert begun == datetime.fromtimestamp(begun.timestamp() // 86_400 * 86_400, UTC)


def test_the_schedule_has_its_chores() -> None:
    assert {each.kind.name: each.every for each in SCHEDULE} == {
        "storage.sweep": timedelta(hours=1),
        "ledger.forget": timedelta(hours=1),
        "retention.sweep": timedelta(hours=1),
        "promise.watch": timedelta(minutes=1),
    }


def test_a_kind_is_known_by_its_name() -> None:
    assert kind_named("mail.send") is SEND_MAIL


def test_what_was_parked_says_when_and_why(desk: Desk) -> None:
    mine = claimed(desk, recorded(desk))

    desk.tools.ledger.park(mine, NotFound("nothing there"))

    now = row(desk, mine.id)
    assert (now.state, now.last_error, now.lease_until) == ("parked", "NotFound: nothing there", None)
    assert now.ended_at is not None


def test_waiting_for_what_is_away_grows_with_each_wait_and_uses_up_no_try(desk: Desk) -> None:
    mine = claimed(desk, recorded(desk))

    desk.tools.ledger.fail(mine, RetryableError("away"))

    now = row(desk, mine.id)
    assert (now.state, now.attempts, now.waits, now.hinted_at) == ("ready", 0, 1, None)
    assert now.due_at > database_now(desk)


def test_the_fourth_wait_is_as_long_as_the_fourth_is_to_be(desk: Desk) -> None:
    mine = replace(claimed(desk, recorded(desk)), kind=PATIENT, waits=3)

    desk.tools.ledger.fail(mine, RetryableError("away"))

    wait = row(desk, mine.id).due_at - database_now(desk)
    assert timedelta(seconds=4000) - SOON < wait <= timedelta(seconds=8000)
