from datetime import UTC, datetime, timedelta

import pytest

from pipeline.tasks.rules import KINDS, QUEUES, SEND_MAIL, Kind, backoff, pause
from pipeline.tasks.schedule import slot
from workers.actors import PRIORITY, WORK

ALL = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@pytest.mark.parametrize(
    ("attempts", "least", "most"),
    [(1, 0.5, 1), (2, 1, 2), (3, 2, 4), (6, 16, 32), (7, 30, 60), (20, 30, 60), (1000, 30, 60)],
)
def test_a_failed_task_waits_twice_as_long_each_time_up_to_the_cap(attempts: int, least: float, most: float) -> None:
    assert backoff(SEND_MAIL, attempts, jitter=0) == least
    assert backoff(SEND_MAIL, attempts, jitter=1) == most


@pytest.mark.parametrize("jitter", [0, 0.25, 0.5, 0.999])
def test_the_wait_is_spread_between_half_and_whole(jitter: float) -> None:
    assert 2 <= backoff(SEND_MAIL, 3, jitter=jitter) < 4


@pytest.mark.parametrize(("waits", "most"), [(1, 1), (4, 8), (6, 30), (1000, 30)])
def test_a_task_that_waits_for_a_dependency_is_tried_again_within_half_a_minute(waits: int, most: float) -> None:
    assert pause(SEND_MAIL, waits, jitter=0) == most / 2
    assert pause(SEND_MAIL, waits, jitter=1) == most


@ALL
def test_a_worker_stops_before_somebody_else_may_start(kind: Kind) -> None:
    assert kind.renews or 0 < kind.limit_seconds < kind.lease_seconds
    assert kind.max_tries >= 2


@ALL
def test_every_kind_has_its_work_and_a_queue_that_workers_read(kind: Kind) -> None:
    assert kind in WORK
    assert kind.queue in QUEUES
    assert kind.queue in PRIORITY


def test_results_go_before_inspection_inspection_before_intake_and_endpoints_of_others_come_last() -> None:
    assert sorted(QUEUES, key=lambda queue: PRIORITY[queue]) == [
        "notification",
        "effects",
        "inspection",
        "intake",
        "webhooks",
    ]


def test_no_two_kinds_share_an_actor() -> None:
    assert len({kind.actor for kind in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        (datetime(2026, 11, 21, 10, 59, 59, tzinfo=UTC), datetime(2026, 11, 21, 10, tzinfo=UTC)),
        (datetime(2026, 11, 21, 11, tzinfo=UTC), datetime(2026, 11, 21, 11, tzinfo=UTC)),
    ],
)
def test_a_period_begins_on_the_hour(now: datetime, begins: datetime) -> None:
    assert slot(timedelta(hours=1), now) == begins
