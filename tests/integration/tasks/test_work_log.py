"""What operators read in the log about work, and in which order work is taken up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, update
from structlog.testing import capture_logs

from pipeline.kernel.database import Database
from pipeline.kernel.errors import NotFound, RetryableError
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.relay import hint_due, sweep_leases
from pipeline.tasks.rules import FORGET_OLD, SEND_MAIL, Kind, backoff, pause
from pipeline.tasks.stalled import resume
from pipeline.tasks.tables import task
from tests.support.desk import Desk
from tests.support.faults import stubborn_task

CHANCE = 0.123456
"""What a die shows whose throw is known."""

LATER = "UPDATE task SET lease_until = now() + interval '1 minute' WHERE id = :id"
TAKEN_AGAIN = "UPDATE task SET token = token + 1 WHERE id = :id"
DONE = "UPDATE task SET state = 'done', lease_until = NULL, ended_at = now() WHERE id = :id"


class Meanwhile(Database):
    """The database of a relay to which something happens once it has looked, before it changes a row."""

    def __init__(self, db: Database, happens: Callable[[], None]) -> None:
        super().__init__(db.engine, after_commit=lambda _: None)
        self._happens = happens

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        self._happens()
        with super().begin() as connection:
            yield connection


@pytest.fixture(autouse=True)
def known_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.random", lambda: CHANCE)


def recorded(desk: Desk, ref: str = "one", kind: Kind = FORGET_OLD) -> UUID:
    with desk.tools.db.begin() as connection:
        task_id = ledger.record(connection, kind, ref, trace="trace-1")
    assert task_id is not None
    return task_id


def claimed(desk: Desk, ref: str = "one", kind: Kind = FORGET_OLD) -> Task:
    held = desk.tools.ledger.claim(kind, str(recorded(desk, ref, kind)))
    assert held is not None
    return held


def run_out(desk: Desk, held: Task, *, minutes: int = 1) -> UUID:
    """Its lease ended so many minutes ago."""
    desk.sql(
        "UPDATE task SET lease_until = now() - make_interval(mins => :minutes) WHERE id = :id",
        id=held.id,
        minutes=minutes,
    )
    return held.id


def due_since(desk: Desk, task_id: UUID, *, minutes: int) -> UUID:
    desk.sql(
        "UPDATE task SET due_at = now() - make_interval(mins => :minutes), hinted_at = NULL WHERE id = :id",
        id=task_id,
        minutes=minutes,
    )
    return task_id


def worked(desk: Desk, task_id: UUID, error: Exception, kind: Kind = FORGET_OLD) -> list[Any]:
    """The lines that a worker writes about a task in which this goes wrong."""
    with capture_logs() as lines:
        go_wrong(desk, task_id, error, kind)
    return lines


def go_wrong(desk: Desk, task_id: UUID, error: Exception, kind: Kind) -> None:
    with desk.tools.ledger.work(kind, str(task_id)):
        raise error


def test_what_is_set_aside_is_an_error_that_says_what_and_why(desk: Desk) -> None:
    task_id = recorded(desk)

    lines = worked(desk, task_id, NotFound("There is no such thing."))

    told = {
        "task_id": str(task_id),
        "task": FORGET_OLD.name,
        "tries": 1,
        "error": "NotFound: There is no such thing.",
    }
    assert lines == [{"event": "task.parked", "log_level": "error", **told}]


def test_what_failed_is_a_warning_that_says_why_and_when_it_is_tried_again(desk: Desk) -> None:
    error = ZeroDivisionError("by nothing")

    lines = worked(desk, recorded(desk), error)

    seconds = round(backoff(FORGET_OLD, 1, jitter=CHANCE), 1)
    told = {"error": "ZeroDivisionError: by nothing", "retry_in_seconds": seconds, "exc_info": error}
    assert lines == [{"event": "task.failed", "log_level": "warning", **told}]


@pytest.mark.parametrize("waits", [0, 1, 2])
def test_what_waits_for_somebody_who_is_away_is_tried_again_later_each_time(desk: Desk, waits: int) -> None:
    task_id = recorded(desk, kind=SEND_MAIL)
    desk.sql("UPDATE task SET waits = :waits", waits=waits)

    (line,) = worked(desk, task_id, RetryableError("away"), SEND_MAIL)

    assert line["retry_in_seconds"] == round(pause(SEND_MAIL, waits + 1, jitter=CHANCE), 1)
    assert desk.only_task().waits == waits + 1


def test_a_lease_that_ran_out_is_a_warning_that_says_whose(desk: Desk) -> None:
    task_id = run_out(desk, claimed(desk))

    with capture_logs() as lines:
        sweep_leases(desk.tools.db)

    told = {"task_id": str(task_id), "task": FORGET_OLD.name, "tries": 1}
    assert lines == [{"event": "task.lease_expired", "log_level": "warning", **told}]


def test_a_row_that_cannot_be_taken_back_is_an_error_that_says_which(desk: Desk) -> None:
    task_id = run_out(desk, claimed(desk))

    with stubborn_task(desk.tools, task_id), capture_logs() as lines:
        sweep_leases(desk.tools.db)

    assert [(line["event"], line["log_level"], line["task_id"]) for line in lines] == [
        ("task.sweep_failed", "error", str(task_id))
    ]


@pytest.mark.parametrize("happens", [LATER, TAKEN_AGAIN, DONE])
def test_what_changed_since_the_relay_looked_is_left_as_it_is(desk: Desk, happens: str) -> None:
    task_id = run_out(desk, claimed(desk))
    seen: list[object] = []

    def meanwhile() -> None:
        desk.sql(happens, id=task_id)
        seen.append(desk.only_task())

    with capture_logs() as lines:
        swept = sweep_leases(Meanwhile(desk.tools.db, meanwhile))

    assert (swept, lines) == (0, [])
    assert [desk.only_task()] == seen


def test_what_goes_on_again_is_told_by_dependency_and_none_of_it_is_due_before_now(desk: Desk) -> None:
    for ref in "abc":
        recorded(desk, ref, SEND_MAIL)
    desk.sql("UPDATE task SET waits = 1, last_error = 'MailUnavailable: away', due_at = now() + interval '2 hours'")
    ((before,),) = desk.sql("SELECT clock_timestamp()")
    assert isinstance(before, datetime)

    with capture_logs() as lines:
        resume(desk.tools.db, "mail server", spread_seconds=3600)

    assert lines == [{"event": "work.resumed", "log_level": "info", "dependency": "mail server", "tasks": 3}]
    assert all(row.due_at >= before for row in desk.tasks())


def test_what_has_been_due_longest_is_hinted_first(desk: Desk) -> None:
    _, old, oldest = (due_since(desk, recorded(desk, ref), minutes=n) for n, ref in enumerate("abc"))
    hinted: list[tuple[str, str]] = []

    hint_due(desk.tools.db, lambda hints: hinted.extend(hints) or True, batch=2)  # type: ignore[func-returns-value]

    assert {task_id for _, task_id in hinted} == {str(old), str(oldest)}


def test_the_lease_that_ran_out_first_is_taken_back_first(desk: Desk) -> None:
    newer, oldest, old = (run_out(desk, claimed(desk, ref), minutes=n) for n, ref in ((1, "a"), (3, "b"), (2, "c")))

    assert sweep_leases(desk.tools.db, batch=2) == 2

    running = [row.id for row in desk.tasks() if row.state == "running"]
    assert running == [newer]
    assert {oldest, old}.isdisjoint(running)


def test_a_task_whose_worker_died_each_time_is_set_aside_with_an_error(desk: Desk) -> None:
    task_id = recorded(desk)
    with desk.tools.db.begin() as connection:
        connection.execute(update(task).values(attempts=FORGET_OLD.max_tries))

    with capture_logs() as lines:
        assert desk.tools.ledger.claim(FORGET_OLD, str(task_id)) is None

    told = {"task_id": str(task_id), "task": FORGET_OLD.name, "tries": FORGET_OLD.max_tries}
    why = "The worker died each time that it was tried."
    assert lines == [{"event": "task.parked", "log_level": "error", **told, "error": why}]
