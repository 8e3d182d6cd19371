"""Who administers an endpoint holds nobody up and loses nothing: neither accepts, nor events that are recorded meanwhile."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection
from sqlalchemy import event as listen

from pipeline.events.outbound import emit, retract
from pipeline.events.tables import delivery, endpoint, event
from pipeline.events.webhooks import endpoints
from pipeline.events.webhooks.resend import BATCH
from pipeline.events.webhooks.sweep import delete_removed, wake_forgotten
from pipeline.kernel import clock
from pipeline.tasks.rules import DELIVER_EVENT, REPLAY_EVENTS
from schemas.events import EndpointRequest, EventType, PointsChanged, ReplayRequest
from tests.support.desk import Desk
from tests.support.endpoint import Endpoint, listening
from tests.support.overlap import HISTORY, SECONDS, held, outcome
from tests.support.together import until

SINCE: Final = ReplayRequest(since=datetime(2001, 1, 1, tzinfo=UTC))


@pytest.fixture
def place() -> Iterator[Endpoint]:
    with listening() as found:
        yield found


@pytest.fixture
def endpoint_id(desk: Desk, place: Endpoint) -> UUID:
    return endpoints.add(EndpointRequest(url=place.url), db=desk.tools.db, sealer=desk.tools.sealer).endpoint_id


def told(connection: Connection, version: int, *, member_id: str = "m-1", **more: Any) -> None:
    fields = {"type": "earning", "amount": 1, "balance": version, "cause": "rfq_quoted", "version": version}
    changed = PointsChanged.model_validate({"member_id": member_id, "entry_id": str(uuid4()), **fields})
    emit(connection, EventType.POINTS_CHANGED, changed, member_id=member_id, trace="t", **more)


def tell(desk: Desk, version: int, **more: Any) -> None:
    with desk.tools.db.begin() as connection:
        told(connection, version, **more)


def paused(desk: Desk) -> None:
    desk.sql("UPDATE webhook_endpoint SET state = 'paused', paused_because = 'a test'")


def resume(desk: Desk, endpoint_id: UUID) -> None:
    paused(desk)
    endpoints.resume(endpoint_id, now=clock.now(), db=desk.tools.db)


def replay(desk: Desk, endpoint_id: UUID) -> None:
    endpoints.replay(endpoint_id, SINCE, now=clock.now(), db=desk.tools.db)


def rotate(desk: Desk, endpoint_id: UUID) -> None:
    endpoints.rotate(endpoint_id, now=clock.now(), overlap_hours=24, db=desk.tools.db, sealer=desk.tools.sealer)


def remove(desk: Desk, endpoint_id: UUID) -> None:
    endpoints.remove(endpoint_id, db=desk.tools.db)


def versions(place: Endpoint) -> list[int]:
    return [each["data"]["version"] for each in place.events()]


@pytest.mark.parametrize("administer", [resume, replay, rotate, remove])
def test_an_event_is_recorded_while_somebody_administers_the_endpoint(
    desk: Desk, endpoint_id: UUID, administer: Callable[[Desk, UUID], None]
) -> None:
    """The other one stands at the history with the endpoint locked; who would wait for it waits until the test fails."""
    tell(desk, 1)
    with ThreadPoolExecutor(1) as threads, held(desk, HISTORY):
        going = threads.submit(administer, desk, endpoint_id)
        until(lambda: desk.waiting_for_locks() == 1, seconds=SECONDS)

        tell(desk, 2)

        assert not going.done()
    assert outcome(going) is None
    assert [row.data["version"] for row in desk.rows(event)] == [1, 2]


def test_an_event_that_is_recorded_before_a_resume_and_committed_after_it_is_sent(
    desk: Desk, place: Endpoint, endpoint_id: UUID
) -> None:
    paused(desk)
    with desk.tools.db.begin() as connection:
        told(connection, 1)
        endpoints.resume(endpoint_id, now=clock.now(), db=desk.tools.db)
        desk.run_due(DELIVER_EVENT)
    tell(desk, 2)

    desk.run_due(DELIVER_EVENT)

    assert versions(place) == [1, 2]


def test_an_event_that_is_recorded_in_the_middle_of_a_resume_is_sent(
    desk: Desk, place: Endpoint, endpoint_id: UUID
) -> None:
    paused(desk)
    with ThreadPoolExecutor(1) as threads:
        with held(desk, HISTORY):
            going = threads.submit(endpoints.resume, endpoint_id, now=clock.now(), db=desk.tools.db)
            until(lambda: desk.waiting_for_locks() == 1, seconds=SECONDS)
            tell(desk, 1)
        assert outcome(going) is not None
    tell(desk, 2)

    desk.run_due(DELIVER_EVENT)

    assert versions(place) == [1, 2]


def test_a_task_that_sees_the_endpoint_paused_while_it_is_resumed_loses_nothing(
    desk: Desk, place: Endpoint, endpoint_id: UUID
) -> None:
    tell(desk, 1)
    paused(desk)
    with ThreadPoolExecutor(2) as threads:
        with held(desk, HISTORY):
            resuming = threads.submit(endpoints.resume, endpoint_id, now=clock.now(), db=desk.tools.db)
            until(lambda: desk.waiting_for_locks() == 1, seconds=SECONDS)
            sending = threads.submit(desk.run_due, DELIVER_EVENT)
            until(lambda: sending.done() or desk.waiting_for_locks() == 2, seconds=SECONDS)
        outcome(resuming)
        outcome(sending)

    desk.run_due(DELIVER_EVENT)

    assert versions(place) == [1]


def many(desk: Desk, count: int) -> None:
    """Events of ten members, which nobody was sent."""
    desk.sql(
        "INSERT INTO event (id, sequence, type, member_id, data)"
        " SELECT gen_random_uuid(), nextval('event_sequence_seq'), 'points.changed', 'm-' || n % 10, '{}'"
        " FROM generate_series(1, :count) n",
        count=count,
    )


def test_a_replay_of_many_is_recorded_in_batches_and_needs_one_task_to_send_them(desk: Desk, endpoint_id: UUID) -> None:
    count = 2 * BATCH + 1
    many(desk, count)

    replayed = endpoints.replay(endpoint_id, SINCE, now=clock.now(), db=desk.tools.db)
    first = len(desk.rows(delivery))
    desk.run_due(REPLAY_EVENTS)

    assert (replayed, first, len(desk.rows(delivery))) == (count, BATCH, count)
    assert len(desk.tasks(DELIVER_EVENT)) == 1
    assert [row.state for row in desk.tasks(REPLAY_EVENTS)] == ["done"]


def test_a_replay_that_is_interrupted_goes_on_where_it_was(desk: Desk, endpoint_id: UUID) -> None:
    many(desk, 2 * BATCH + 1)
    endpoints.replay(endpoint_id, SINCE, now=clock.now(), db=desk.tools.db)
    desk.sql("UPDATE task SET payload = payload || '{\"top\": 0}' WHERE kind = 'event.replay'")

    desk.run_due(REPLAY_EVENTS)

    assert len(desk.rows(delivery)) == BATCH


def test_what_is_replayed_while_it_is_being_sent_is_sent_again(desk: Desk, place: Endpoint, endpoint_id: UUID) -> None:
    tell(desk, 1)
    place.before = lambda: replay(desk, endpoint_id)

    desk.run_due(DELIVER_EVENT)

    assert versions(place) == [1, 1]
    assert [row.state for row in desk.rows(delivery)] == ["delivered"]


def test_the_deliveries_of_a_removed_endpoint_go_in_batches_and_it_goes_last(desk: Desk, endpoint_id: UUID) -> None:
    for version in range(5):
        tell(desk, version)
    remove(desk, endpoint_id)
    tell(desk, 5)

    deleted = [delete_removed(desk.tools.db, batch=2) for _ in range(5)]

    assert deleted == [2, 2, 1, 1, 0]
    assert desk.rows(endpoint) == desk.rows(delivery) == []


@pytest.mark.parametrize(
    "lost", ["DELETE FROM task", "UPDATE task SET state = 'parked'", "UPDATE task SET state = 'done'"]
)
def test_deliveries_that_have_no_task_any_more_get_one_by_the_sweep(
    desk: Desk, place: Endpoint, endpoint_id: UUID, lost: str
) -> None:
    tell(desk, 1)
    tell(desk, 2, member_id="m-2")
    desk.sql(lost)
    desk.sql("UPDATE webhook_delivery SET due_at = now() - interval '1 minute'")

    woken = [wake_forgotten(desk.tools.db) for _ in range(2)]
    desk.run_due(DELIVER_EVENT)

    assert woken == [1, 0]
    assert sorted(versions(place)) == [1, 2]
    assert endpoint_id


def test_delivering_an_event_lets_the_next_of_the_member_go_at_once_in_whatever_order_they_are_tried(
    desk: Desk, place: Endpoint, endpoint_id: UUID
) -> None:
    for version in range(20):
        tell(desk, version)

    for row in reversed(desk.tasks(DELIVER_EVENT)):
        desk.perform(row.id, DELIVER_EVENT)

    assert versions(place) == list(range(20))
    assert [row.state for row in desk.tasks(DELIVER_EVENT)] == ["done"] * 20
    assert endpoint_id


LOCKS: Final = (
    (r"webhook_endpoint.*FOR NO KEY UPDATE|UPDATE webhook_endpoint|DELETE FROM webhook_endpoint", "endpoint"),
    (r"FROM event\b.*FOR (KEY SHARE|UPDATE)|DELETE FROM event\b", "event"),
    (r"(INSERT INTO|UPDATE|DELETE FROM) webhook_delivery", "delivery"),
    (r"(INSERT INTO|UPDATE) task\b", "task"),
)
ORDER: Final = [name for _, name in LOCKS]


@contextmanager
def transactions(desk: Desk) -> Iterator[list[list[str]]]:
    """The tables of which each transaction locked rows, in the order in which it began with each."""
    found: list[list[str]] = [[]]

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words = " ".join(statement.split())
        new = [name for pattern, name in LOCKS if re.search(pattern, words) and name not in found[-1]]
        found[-1] += new

    def ended(_c: Any) -> None:
        found.append([])

    engine = desk.tools.db.engine
    watched = (("before_cursor_execute", note), ("commit", ended), ("rollback", ended))
    for name, listener in watched:
        listen.listen(engine, name, listener)
    try:
        yield found
    finally:
        for name, listener in watched:
            listen.remove(engine, name, listener)


def test_rows_are_locked_in_the_order_that_is_written_down(desk: Desk, place: Endpoint, endpoint_id: UUID) -> None:
    cause = uuid4()
    with transactions(desk) as found:
        for version in range(3):
            tell(desk, version)
        desk.run_due(DELIVER_EVENT)
        place.status = 500
        tell(desk, 3)
        desk.run_due(DELIVER_EVENT)
        many(desk, BATCH + 1)
        for administer in (resume, replay, rotate):
            administer(desk, endpoint_id)
        desk.run_due(REPLAY_EVENTS)
        desk.sql("DELETE FROM task")
        desk.sql("UPDATE webhook_delivery SET due_at = now() - interval '1 minute'")
        wake_forgotten(desk.tools.db)
        tell(desk, 4, cause_id=cause, delay_seconds=60)
        with desk.tools.db.begin() as connection:
            assert retract(connection, cause)
        remove(desk, endpoint_id)
        while delete_removed(desk.tools.db):
            pass

    kinds = {tuple(each) for each in found if len(each) > 1}
    assert kinds == {tuple(sorted(each, key=ORDER.index)) for each in kinds}
    assert {("endpoint", "delivery", "task"), ("endpoint", "event", "delivery", "task"), ("event", "task")} <= kinds
