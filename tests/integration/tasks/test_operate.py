"""What operators see of tasks and do with them, to the column."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from dramatiq import Message
from sqlalchemy import insert

from pipeline.kernel.errors import Conflict, NotFound
from pipeline.kernel.ids import new_id
from pipeline.tasks import ledger, operate
from pipeline.tasks.relay import due_tasks
from pipeline.tasks.rules import ACCEPT, FORGET_OLD, SEND_MAIL, Kind, TaskState
from pipeline.tasks.tables import schedule_run
from tests.support.desk import Desk

HOUR = timedelta(hours=1)


def recorded(desk: Desk, *kinds: Kind) -> list[UUID]:
    """One waiting task of each kind, in this order, each due a second after the one before it."""
    ids: list[UUID] = []
    for second, kind in enumerate(kinds):
        with desk.tools.db.begin() as connection:
            task_id = ledger.record(connection, kind, f"ref-{second}", trace="trace-1")
        assert task_id is not None
        ids.append(task_id)
        desk.sql(
            "UPDATE task SET due_at = now() - interval '1 hour' + :at WHERE id = :id",
            id=task_id,
            at=second * HOUR / 3600,
        )
    return ids


def listed(desk: Desk, state: TaskState | None = None, kind: str | None = None, **more: int) -> list[UUID]:
    return [row["id"] for row in operate.tasks(desk.tools.db, state=state, kind=kind, **more)]


def ended(desk: Desk, task_id: UUID, state: str, *, days_ago: int) -> None:
    desk.sql(
        "UPDATE task SET state = :state, ended_at = now() - make_interval(days => :days) WHERE id = :id",
        id=task_id,
        state=state,
        days=days_ago,
    )


def forgotten(desk: Desk, days: int) -> int:
    return operate.forget_done(desk.tools.db, days=days, renew=lambda: None)


def fired(desk: Desk, *ages: timedelta) -> Sequence[datetime]:
    runs = [datetime.now(UTC) - age for age in ages]
    with desk.tools.db.begin() as connection:
        connection.execute(insert(schedule_run), [{"name": "each", "run_at": run} for run in runs])
    return runs


def test_tasks_are_listed_from_the_latest_to_the_first_without_the_done_ones(desk: Desk) -> None:
    first, second, third, fourth = recorded(desk, FORGET_OLD, SEND_MAIL, FORGET_OLD, SEND_MAIL)
    ended(desk, third, "done", days_ago=0)
    ended(desk, second, "parked", days_ago=0)

    assert listed(desk) == [fourth, second, first]
    assert listed(desk, limit=2) == [fourth, second]
    assert listed(desk, TaskState.DONE) == [third]
    assert listed(desk, kind=SEND_MAIL.name) == [fourth, second]


def test_fifty_tasks_are_listed_where_nobody_says_how_many(desk: Desk) -> None:
    recorded(desk, *[FORGET_OLD] * 51)

    assert len(listed(desk)) == 50


def test_what_waits_is_counted_by_kind_and_state_with_the_time_of_the_oldest(desk: Desk) -> None:
    ids = recorded(desk, SEND_MAIL, SEND_MAIL, SEND_MAIL, ACCEPT, FORGET_OLD)
    operate.park(desk.tools.db, ids[0], reason="one")
    ended(desk, ids[4], "done", days_ago=0)
    due = {row.id: row.due_at for row in desk.tasks()}

    counts = [dict(row) for row in operate.counts(desk.tools.db)]

    assert counts == [
        {"kind": "mail.send", "state": "parked", "count": 1, "oldest_due_at": due[ids[0]]},
        {"kind": "mail.send", "state": "ready", "count": 2, "oldest_due_at": due[ids[1]]},
        {"kind": "submission.accept", "state": "ready", "count": 1, "oldest_due_at": due[ids[3]]},
    ]


def test_a_task_is_shown_whole(desk: Desk) -> None:
    (_, mine) = recorded(desk, FORGET_OLD, SEND_MAIL)

    shown = operate.task_shown(desk.tools.db, mine)

    assert (shown["id"], shown["kind"], shown["ref_id"], shown["trace"]) == (mine, "mail.send", "ref-1", "trace-1")


def test_a_task_that_does_not_exist_is_named_in_the_answer(desk: Desk) -> None:
    nothing = new_id()

    with pytest.raises(NotFound) as error:
        operate.park(desk.tools.db, nothing, reason="a repair")

    assert str(error.value) == f"There is no task {nothing}."


def test_a_task_that_is_tried_anew_begins_at_once_and_from_nothing(desk: Desk) -> None:
    mine, other = recorded(desk, SEND_MAIL, SEND_MAIL)
    desk.sql("UPDATE task SET attempts = 3, waits = 4, due_at = now() + interval '1 hour', hinted_at = NULL")
    desk.tools.broker.flush_all()

    operate.retry(desk.tools.db, mine)

    tried, left = operate.task_shown(desk.tools.db, mine), operate.task_shown(desk.tools.db, other)
    assert (tried["state"], tried["attempts"], tried["waits"]) == ("ready", 0, 0)
    assert tried["hinted_at"] == tried["due_at"] <= datetime.now(UTC) + HOUR / 2
    assert (left["attempts"], left["waits"], left["hinted_at"]) == (3, 4, None)
    assert desk.tools.broker.do_qsize(SEND_MAIL.queue) == 1
    assert desk.tools.ledger.claim(SEND_MAIL, str(mine)) is not None


def test_a_task_that_is_tried_anew_is_hinted_by_its_own_id(desk: Desk) -> None:
    mine, _ = recorded(desk, SEND_MAIL, SEND_MAIL)
    desk.tools.broker.flush_all()

    operate.retry(desk.tools.db, mine)

    broker = desk.tools.broker
    sent: Any = broker.client.hvals(f"{broker.namespace}:{SEND_MAIL.queue}.msgs")
    assert [Message.decode(each).args for each in sent] == [(str(mine),)]


def test_a_task_that_is_parked_says_when_and_why_and_the_others_stay(desk: Desk) -> None:
    mine, other = recorded(desk, SEND_MAIL, SEND_MAIL)

    operate.park(desk.tools.db, mine, reason="a repair")

    parked = operate.task_shown(desk.tools.db, mine)
    assert (parked["state"], parked["last_error"]) == ("parked", "Parked by an operator: a repair")
    assert parked["ended_at"] is not None
    assert operate.task_shown(desk.tools.db, other)["state"] == "ready"


def test_what_cannot_be_operated_says_why(desk: Desk) -> None:
    (mine,) = recorded(desk, SEND_MAIL)
    ended(desk, mine, "done", days_ago=0)

    with pytest.raises(Conflict) as tried:
        operate.retry(desk.tools.db, mine)
    with pytest.raises(Conflict) as parked:
        operate.park(desk.tools.db, mine, reason="a repair")

    assert str(tried.value) == "Only a parked or waiting task can be tried again."
    assert str(parked.value) == "Only a waiting task can be parked; one that runs ends by itself."


def test_what_was_done_long_ago_is_forgotten_and_nothing_else(desk: Desk) -> None:
    old, young, parked, _ = ids = recorded(desk, SEND_MAIL, SEND_MAIL, SEND_MAIL, SEND_MAIL)
    ended(desk, old, "done", days_ago=8)
    ended(desk, young, "done", days_ago=6)
    ended(desk, parked, "parked", days_ago=8)
    runs = fired(desk, timedelta(days=8), timedelta(days=6))

    assert forgotten(desk, days=7) == 1

    assert sorted(row.id for row in desk.tasks()) == sorted(set(ids) - {old})
    assert [row.run_at for row in desk.rows(schedule_run)] == runs[1:]


def test_what_was_done_almost_so_long_ago_is_not_forgotten_yet(desk: Desk) -> None:
    recorded(desk, SEND_MAIL)
    almost = "now() - interval '7 days' + interval '10 minutes'"
    desk.sql(f"UPDATE task SET state = 'done', ended_at = {almost}")  # noqa: S608  (ours)
    desk.sql(f"INSERT INTO schedule_run VALUES ('each', {almost})")  # noqa: S608  (ours)

    assert forgotten(desk, days=7) == 0

    assert len(desk.tasks()) == len(desk.rows(schedule_run)) == 1


def test_workers_without_a_broker_find_what_is_due_of_their_kinds(desk: Desk) -> None:
    later, first, second, foreign, running = recorded(desk, SEND_MAIL, ACCEPT, ACCEPT, FORGET_OLD, ACCEPT)
    desk.sql("UPDATE task SET due_at = now() + interval '1 hour' WHERE id = :id", id=later)
    assert desk.tools.ledger.claim(ACCEPT, str(running))

    found = due_tasks(desk.tools.db, [SEND_MAIL.name, ACCEPT.name], limit=9)

    assert found == [(ACCEPT.name, str(first)), (ACCEPT.name, str(second))]
    assert due_tasks(desk.tools.db, [ACCEPT.name], limit=1) == found[:1]
    assert due_tasks(desk.tools.db, [FORGET_OLD.name], limit=9) == [(FORGET_OLD.name, str(foreign))]


def test_workers_without_a_broker_begin_with_the_kinds_that_are_named_first_and_in_each_with_what_is_due_longest(
    desk: Desk,
) -> None:
    ids = recorded(desk, *[ACCEPT, SEND_MAIL] * 10)
    desk.sql("UPDATE task SET due_at = now() - (due_at - now()) - interval '2 hours'")

    found = due_tasks(desk.tools.db, [SEND_MAIL.name, ACCEPT.name], limit=15)

    mails, papers = ids[::-1][0::2], ids[::-1][1::2]
    assert found == [(SEND_MAIL.name, str(each)) for each in mails] + [(ACCEPT.name, str(each)) for each in papers[:5]]
