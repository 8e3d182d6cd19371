from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import insert

from pipeline.kernel.errors import LeaseLost, NotFound, RetryableError
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.relay import sweep_leases
from pipeline.tasks.rules import FORGET_OLD, INSPECT, SEND_MAIL, Kind
from pipeline.tasks.tables import schedule_run
from tests.support.desk import Desk
from tests.support.together import at_once

TWICE = replace(FORGET_OLD, max_tries=2)


def recorded(desk: Desk, *, kind: Kind = FORGET_OLD, ref: str = "one", **more: float) -> UUID:
    with desk.tools.db.begin() as connection:
        task_id = ledger.record(connection, kind, ref, trace="trace-1", **more)  # type: ignore[arg-type]
    assert task_id is not None
    return task_id


def claimed(desk: Desk, task_id: UUID, kind: Kind = FORGET_OLD) -> Task:
    held = desk.tools.ledger.claim(kind, str(task_id))
    assert held is not None
    return held


def fail(desk: Desk, task_id: UUID, error: BaseException, kind: Kind = FORGET_OLD) -> None:
    with desk.tools.ledger.work(kind, str(task_id)):
        raise error


def wait_often(desk: Desk, task_id: UUID, times: int) -> None:
    for _ in range(times):
        fail(desk, task_id, RetryableError("away"), TWICE)
        desk.let_backoff_pass()


def record_and_fail(desk: Desk) -> None:
    with desk.tools.db.begin() as connection:
        ledger.record(connection, FORGET_OLD, "one", trace="trace-1")
        raise NotFound


def finish_with_an_effect(desk: Desk, held: Task) -> None:
    with desk.tools.db.begin() as connection:
        connection.execute(insert(schedule_run).values(name="effect", run_at=datetime.now(UTC)))
        ledger.finish(connection, held)


def die(desk: Desk, task_id: UUID, kind: Kind) -> None:
    """A worker takes the task and is killed; the relay notices."""
    claimed(desk, task_id, kind)
    desk.let_lease_expire(task_id)
    assert sweep_leases(desk.tools.db) == 1


def test_of_many_workers_at_once_one_gets_the_task(desk: Desk) -> None:
    task_id = recorded(desk)

    got, raised = at_once(8, lambda _: desk.tools.ledger.claim(FORGET_OLD, str(task_id)))

    assert raised == []
    assert [each.token for each in got if each is not None] == [1]


def test_a_task_that_is_not_due_yet_is_not_given_out(desk: Desk) -> None:
    task_id = recorded(desk, delay_seconds=60)

    assert desk.tools.ledger.claim(FORGET_OLD, str(task_id)) is None
    assert desk.only_task().attempts == 0


def test_a_task_is_not_given_out_as_another_kind_of_work(desk: Desk) -> None:
    task_id = recorded(desk)

    assert desk.tools.ledger.claim(SEND_MAIL, str(task_id)) is None


def test_the_same_work_is_recorded_once(desk: Desk) -> None:
    recorded(desk)

    with desk.tools.db.begin() as connection:
        second = ledger.record(connection, FORGET_OLD, "one", trace="trace-2")

    assert second is None
    assert desk.only_task().trace == "trace-1"


def test_work_that_was_recorded_in_a_transaction_that_failed_does_not_exist(desk: Desk) -> None:
    with pytest.raises(NotFound):
        record_and_fail(desk)

    assert desk.tasks() == []
    assert desk.tools.broker.do_qsize("effects") == 0


def test_a_worker_that_lost_its_lease_rolls_its_effects_back(desk: Desk) -> None:
    task_id = recorded(desk)
    slow = claimed(desk, task_id)
    desk.let_lease_expire(task_id)
    sweep_leases(desk.tools.db)
    quick = claimed(desk, task_id)

    with pytest.raises(LeaseLost):
        finish_with_an_effect(desk, slow)

    assert desk.rows(schedule_run) == []
    assert (desk.only_task().state, desk.only_task().token) == ("running", quick.token)


def test_a_worker_that_lost_its_lease_changes_nothing_when_it_fails(desk: Desk) -> None:
    task_id = recorded(desk)
    slow = claimed(desk, task_id)
    desk.let_lease_expire(task_id)
    sweep_leases(desk.tools.db)
    claimed(desk, task_id)

    desk.tools.ledger.fail(slow, RetryableError("late"))
    desk.tools.ledger.park(slow, NotFound("late"))

    assert (desk.only_task().state, desk.only_task().last_error) == (
        "running",
        "The lease ran out: the worker died or hung.",
    )


def test_the_lease_lost_in_the_middle_of_work_is_not_an_error_of_the_worker(desk: Desk) -> None:
    task_id = recorded(desk)

    fail(desk, task_id, LeaseLost())

    assert desk.only_task().state == "running"


def test_a_task_is_finished_once(desk: Desk) -> None:
    held = claimed(desk, recorded(desk))
    with desk.tools.db.begin() as connection:
        ledger.finish(connection, held)

    with pytest.raises(LeaseLost), desk.tools.db.begin() as connection:
        ledger.finish(connection, held)

    assert desk.only_task().state == "done"


@pytest.mark.parametrize(
    ("error", "tries"),
    [(RetryableError("away"), 0), (ZeroDivisionError("a mistake"), 1), (OSError(28, "disk full"), 1)],
    ids=["away", "mistake", "system"],
)
def test_a_task_that_fails_comes_back_later_with_the_error(desk: Desk, error: Exception, tries: int) -> None:
    task_id = recorded(desk)

    fail(desk, task_id, error)

    row = desk.only_task()
    assert (row.state, row.attempts, row.hinted_at, row.lease_until) == ("ready", tries, None, None)
    assert row.last_error == f"{type(error).__name__}: {error}"
    assert desk.tools.ledger.claim(FORGET_OLD, str(task_id)) is None  # not at once
    desk.let_backoff_pass()
    assert claimed(desk, task_id).tries == tries + 1


def test_a_task_that_was_interrupted_comes_back_and_the_interrupt_goes_on(desk: Desk) -> None:
    task_id = recorded(desk)

    with pytest.raises(KeyboardInterrupt):
        fail(desk, task_id, KeyboardInterrupt())

    assert desk.only_task().state == "ready"


def test_a_permanent_error_parks_the_task_at_once(desk: Desk) -> None:
    fail(desk, recorded(desk), NotFound("There is no decision."))

    assert desk.only_task().state == "parked"
    assert desk.parked() == ["NotFound: There is no decision."]


def test_a_task_that_failed_as_often_as_its_kind_may_is_parked(desk: Desk) -> None:
    task_id = recorded(desk, kind=TWICE)
    fail(desk, task_id, ZeroDivisionError("first"), TWICE)
    desk.let_backoff_pass()

    fail(desk, task_id, ZeroDivisionError("second"), TWICE)

    assert desk.only_task().state == "parked"
    assert desk.parked() == ["ZeroDivisionError: second"]


def test_however_long_something_is_away_the_work_waits_and_goes_on(desk: Desk) -> None:
    task_id = recorded(desk, kind=TWICE)
    wait_often(desk, task_id, 10)

    assert (desk.only_task().state, desk.only_task().attempts, desk.only_task().waits) == ("ready", 0, 10)
    assert claimed(desk, task_id, TWICE).waits == 10


def test_a_task_whose_worker_is_killed_each_time_is_parked_and_not_tried_for_ever(desk: Desk) -> None:
    task_id = recorded(desk, kind=TWICE)
    die(desk, task_id, TWICE)
    die(desk, task_id, TWICE)

    third = desk.tools.ledger.claim(TWICE, str(task_id))

    assert third is None
    assert (desk.only_task().state, desk.only_task().attempts) == ("parked", 2)
    assert desk.parked() == ["The lease ran out: the worker died or hung."]


def test_an_error_as_long_as_a_book_is_kept_in_part(desk: Desk) -> None:
    fail(desk, recorded(desk), RetryableError("x" * 100_000))

    assert len(desk.only_task().last_error) == 2000


def test_a_task_that_fails_with_a_zero_byte_in_its_words_comes_back(desk: Desk) -> None:
    fail(desk, recorded(desk), ValueError("the picture holds \x00 here"))

    assert desk.only_task().state == "ready"


def test_a_submission_whose_inspection_dies_each_time_ends_with_the_operators(desk: Desk) -> None:
    submission = desk.submit_avatar()
    row = desk.only_task(INSPECT)
    desk.sql("UPDATE task SET attempts = :most", most=INSPECT.max_tries)

    desk.perform(row.id, INSPECT)

    assert desk.parked() == ["The worker died each time that it was tried."]
    assert desk.state(submission) == "received"
