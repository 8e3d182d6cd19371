"""A decision that can still be undone is told by no path, and it is undone whatever state an endpoint is in."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pipeline.events.feed import events
from pipeline.events.tables import delivery, event
from pipeline.events.webhooks import endpoints
from pipeline.events.webhooks.sweep import wake_forgotten
from pipeline.kernel import clock
from pipeline.kernel.errors import UndoTooLate
from pipeline.tasks import operate
from pipeline.tasks.rules import DELIVER_EVENT
from schemas.events import EndpointRequest, ReplayRequest
from tests.support.desk import Desk
from tests.support.endpoint import Endpoint, listening
from tests.support.overlap import HISTORY, SECONDS, held, outcome
from tests.support.together import until
from tests.support.undoing import patient

BEFORE = ["submission.received", "submission.in_review"]


@pytest.fixture
def place() -> Iterator[Endpoint]:
    with listening() as found:
        yield found


def added(desk: Desk, place: Endpoint) -> UUID:
    return endpoints.add(EndpointRequest(url=place.url), db=desk.tools.db, sealer=desk.tools.sealer).endpoint_id


def decided(desk: Desk) -> UUID:
    """An approval that can be undone for an hour; what was before it has been told."""
    desk.case_waiting()
    desk.run_due(DELIVER_EVENT)
    return patient(desk).approve().id


def paused(desk: Desk) -> None:
    desk.sql("UPDATE webhook_endpoint SET state = 'paused', paused_because = 'a test'")


def resumed(desk: Desk, endpoint_id: UUID) -> None:
    paused(desk)
    desk.run_due(DELIVER_EVENT)
    endpoints.resume(endpoint_id, now=clock.now(), db=desk.tools.db)


def replayed(desk: Desk, endpoint_id: UUID) -> None:
    since = ReplayRequest(since=clock.now() - timedelta(days=1))
    endpoints.replay(endpoint_id, since, now=clock.now(), db=desk.tools.db)


def replayed_by_id(desk: Desk, endpoint_id: UUID) -> None:
    ids = ReplayRequest(event_ids=tuple(row.id for row in desk.rows(event)))
    endpoints.replay(endpoint_id, ids, now=clock.now(), db=desk.tools.db)


def retried_by_an_operator(desk: Desk, _endpoint_id: UUID) -> None:
    for row in desk.tasks(DELIVER_EVENT):
        if row.state == "ready":
            operate.retry(desk.tools.db, row.id)


def swept(desk: Desk, _endpoint_id: UUID) -> None:
    desk.sql("DELETE FROM task WHERE kind = 'event.deliver'")
    wake_forgotten(desk.tools.db)


def woken_by_another_event(desk: Desk, _endpoint_id: UUID) -> None:
    desk.case_waiting("m-2")


def hurried(desk: Desk, _endpoint_id: UUID) -> None:
    """The task is due, and the delivery too, by whatever fault; the event's own time is not."""
    desk.sql("UPDATE task SET due_at = now() WHERE kind = 'event.deliver' AND state = 'ready'")
    desk.sql("UPDATE webhook_delivery SET due_at = now() WHERE state = 'pending'")
    desk.perform(next(row.id for row in desk.tasks(DELIVER_EVENT) if row.state == "ready"), DELIVER_EVENT)


PATHS = [resumed, replayed, replayed_by_id, retried_by_an_operator, swept, woken_by_another_event, hurried]


@pytest.mark.parametrize("path", PATHS)
def test_by_no_path_an_endpoint_is_told_before_the_time_and_the_undo_is_not_hindered(
    desk: Desk, place: Endpoint, path: Callable[[Desk, UUID], None]
) -> None:
    endpoint_id = added(desk, place)
    decision = decided(desk)

    path(desk, endpoint_id)
    if path is not hurried:
        desk.run_due(DELIVER_EVENT)
    claim = desk.undo(decision)
    desk.sql("UPDATE task SET due_at = now() WHERE state = 'ready'")
    desk.run_due(DELIVER_EVENT)

    assert desk.state(claim.submission_id) == "in_review"
    assert "submission.approved" not in place.types()
    assert "submission.approved" not in [row.type for row in desk.rows(event)]


def test_a_paused_endpoint_hinders_no_undo(desk: Desk, place: Endpoint) -> None:
    added(desk, place)
    paused(desk)
    decision = decided(desk)

    claim = desk.undo(decision)

    assert desk.state(claim.submission_id) == "in_review"
    assert [row.state for row in desk.rows(delivery)] == ["pending"] * 2


def soon(desk: Desk) -> None:
    """The event's time comes in a moment; the effect's does not."""
    desk.sql("UPDATE event SET at = clock_timestamp() + interval '1 second' WHERE at > now()")
    desk.sql("UPDATE webhook_delivery SET due_at = now() WHERE state = 'pending'")
    desk.sql("UPDATE task SET due_at = now() WHERE kind = 'event.deliver' AND state = 'ready'")


def has_come(desk: Desk, at: Any) -> bool:
    return bool(desk.sql("SELECT clock_timestamp() > :at", at=at)[0][0])


def listed(desk: Desk) -> list[str]:
    return [each.type for each in events(cursor=None, member_id=None, limit=500, db=desk.tools.db).items]


def test_an_undo_that_ends_after_the_time_has_come_was_told_to_nobody(desk: Desk, place: Endpoint) -> None:
    added(desk, place)
    decision = decided(desk)
    soon(desk)
    at = max(row.at for row in desk.rows(event))
    with ThreadPoolExecutor(2) as threads:
        with held(desk, HISTORY):
            undoing = threads.submit(desk.undo, decision)
            until(lambda: desk.waiting_for_locks() == 1, seconds=SECONDS)
            until(lambda: has_come(desk, at))
            polled = listed(desk)
            sending = threads.submit(desk.run_due, DELIVER_EVENT)
            until(lambda: sending.done() or desk.waiting_for_locks() == 2, seconds=SECONDS)
        assert outcome(undoing).submission_id
        outcome(sending)

    assert polled == place.types() == BEFORE


def test_an_undo_that_begins_after_it_was_told_is_refused(desk: Desk, place: Endpoint) -> None:
    added(desk, place)
    decision = decided(desk)
    soon(desk)
    at = max(row.at for row in desk.rows(event))
    until(lambda: has_come(desk, at))
    desk.run_due(DELIVER_EVENT)

    with pytest.raises(UndoTooLate):
        desk.undo(decision)

    assert place.types()[-1] == "submission.approved"
