"""How much waits, for what, and how it is called again: to the row."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from pipeline.tasks import ledger
from pipeline.tasks.backlog import Backlog
from pipeline.tasks.rules import INSPECT, SEND_MAIL, Kind
from pipeline.tasks.stalled import StalledWork, resume, stalled_work
from pipeline.tasks.tables import task
from tests.support.desk import Desk
from tests.support.together import until

HOUR = timedelta(hours=1)


def recorded(desk: Desk, ref: str, kind: Kind = SEND_MAIL) -> UUID:
    with desk.tools.db.begin() as connection:
        task_id = ledger.record(connection, kind, ref, trace="trace-1")
    assert task_id is not None
    return task_id


def waits(desk: Desk, error: str, *, hours: int, state: str = "ready", waited: int = 1) -> UUID:
    """A task that said why it waits, due again in so many hours."""
    task_id = recorded(desk, f"{error}-{hours}")
    desk.sql(
        "UPDATE task SET state = :state, waits = :waited, last_error = :error, due_at = now() + make_interval(hours => :hours)"
        " WHERE id = :id",
        id=task_id,
        state=state,
        waited=waited,
        error=f"{error}: it is away",
        hours=hours,
    )
    return task_id


def due_in(desk: Desk, task_id: UUID) -> timedelta:
    (row,) = [each for each in desk.tasks() if each.id == task_id]
    wait: timedelta = row.due_at - datetime.now(UTC)
    return wait


def test_nothing_waits_where_nothing_was_away(desk: Desk) -> None:
    recorded(desk, "one")

    assert stalled_work(desk.tools.db) == []


def test_what_waits_is_counted_for_each_dependency_with_its_next_try(desk: Desk) -> None:
    waits(desk, "StorageUnavailable", hours=3)
    first = waits(desk, "StorageCircuitOpen", hours=1)
    mail = waits(desk, "MailUnavailable", hours=2)
    waits(desk, "MailAmbiguous", hours=4)
    due = {row.id: row.due_at for row in desk.tasks()}

    assert stalled_work(desk.tools.db) == [
        StalledWork("object store", 2, circuit_open=True, next_try_at=due[first]),
        StalledWork("mail server", 2, circuit_open=False, next_try_at=due[mail]),
    ]


def test_what_is_set_aside_or_failed_for_another_reason_or_never_waited_is_not_counted(desk: Desk) -> None:
    waits(desk, "StorageUnavailable", hours=1, state="parked")
    waits(desk, "ZeroDivisionError", hours=1)
    waits(desk, "MailUnavailable", hours=1, waited=0)

    assert stalled_work(desk.tools.db) == []


def test_what_waits_for_a_dependency_is_called_within_the_spread_and_the_rest_goes_on_waiting(desk: Desk) -> None:
    mine = [waits(desk, "StorageUnavailable", hours=2), waits(desk, "StorageCircuitOpen", hours=3)]
    mail = waits(desk, "MailUnavailable", hours=2)
    before = desk.sql("SELECT now()")[0][0]

    assert resume(desk.tools.db, "object store", spread_seconds=60) == 2

    assert max(due_in(desk, each) for each in mine) <= timedelta(seconds=60)
    assert min(row.due_at for row in desk.tasks() if row.id in mine) >= before
    assert due_in(desk, mail) > HOUR
    assert {row.hinted_at is None for row in desk.tasks() if row.id in mine} == {True}


def test_what_is_due_within_the_spread_anyway_is_not_called(desk: Desk) -> None:
    waits(desk, "MailUnavailable", hours=1)

    assert resume(desk.tools.db, "mail server", spread_seconds=2 * HOUR.total_seconds()) == 0


def test_what_somebody_has_in_hand_is_not_called_and_not_waited_for(desk: Desk) -> None:
    taken = waits(desk, "MailUnavailable", hours=1)
    waits(desk, "MailUnavailable", hours=2)
    with desk.tools.owner.engine.connect() as other:
        other.execute(select(task).where(task.c.id == taken).with_for_update())

        assert resume(desk.tools.db, "mail server") == 1

    assert due_in(desk, taken) > HOUR / 2


def test_what_waits_is_counted_up_to_ten_thousand(desk: Desk) -> None:
    desk.sql(
        "INSERT INTO task (id, kind, ref_id, dedup_key, trace, waits, last_error)"
        " SELECT gen_random_uuid(), 'mail.send', n, n, 'trace-1', 1, 'MailUnavailable: it is away'"
        " FROM generate_series(1, 10001) n"
    )

    (found,) = stalled_work(desk.tools.db)

    assert found.tasks == 10_000


@pytest.mark.parametrize(("bound", "full"), [(2, True), (3, False)])
def test_intake_is_full_from_the_bound_on(desk: Desk, bound: int, *, full: bool) -> None:
    recorded(desk, "one", INSPECT)
    recorded(desk, "two", INSPECT)

    assert Backlog(desk.tools.db, bound=bound).is_full() is full


def test_only_what_is_ready_and_due_and_of_the_kind_fills_intake(desk: Desk) -> None:
    waits(desk, "StorageUnavailable", hours=1)
    recorded(desk, "mail", SEND_MAIL)
    running = recorded(desk, "running", INSPECT)
    assert desk.tools.ledger.claim(INSPECT, str(running))
    later = recorded(desk, "later", INSPECT)
    desk.sql("UPDATE task SET due_at = now() + interval '1 hour' WHERE id = :id", id=later)

    assert not Backlog(desk.tools.db, bound=1).is_full()
    assert Backlog(desk.tools.db, bound=1, kind=SEND_MAIL).is_full()


def test_a_count_is_kept_while_it_is_fresh_and_made_anew_afterwards(desk: Desk) -> None:
    kept = Backlog(desk.tools.db, bound=1, fresh_seconds=HOUR.total_seconds())
    anew = Backlog(desk.tools.db, bound=1, fresh_seconds=0)
    before = (kept.is_full(), anew.is_full())
    recorded(desk, "one", INSPECT)

    assert before == (False, False)
    assert (kept.is_full(), anew.is_full()) == (False, True)


def test_while_the_first_count_is_made_nobody_waits_for_it_and_intake_is_open(desk: Desk) -> None:
    shared = Backlog(desk.tools.db, bound=1)
    recorded(desk, "one", INSPECT)

    with ThreadPoolExecutor(2) as threads, desk.tools.owner.engine.begin() as other:
        other.execute(text("LOCK TABLE task"))
        counting = threads.submit(shared.is_full)
        until(lambda: desk.waiting_for_locks() == 1)
        meanwhile = threads.submit(shared.is_full).result(timeout=10)

    assert (meanwhile, counting.result()) == (False, True)
