"""More comes than can be done: intake is bounded, and review and results go first."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from config.container import Container
from pipeline.intake.uploads import upload_slot
from pipeline.kernel.idempotency import idempotency
from pipeline.submission.tables import submission
from pipeline.tasks.backlog import Backlog
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.faults import own_broker
from tests.support.http import Api
from tests.support.locks import member_held
from tests.support.servers import variant
from tests.support.together import until
from tests.support.web import serving
from tests.support.workers import left_in, message, working_on

SLOT = {"purpose": "avatar", "media_type": "image/jpeg", "length": 1000}


@pytest.fixture
def full(tools: Container, desk: Desk) -> Container:
    """Three inspections wait, and no more may."""
    for number in range(3):
        desk.submit_avatar(f"m-{number}")
    return variant(tools, intake_backlog=3)


@pytest.mark.parametrize(("path", "body"), [("/v1/submissions", avatar_body()), ("/v1/uploads", SLOT)])
def test_when_too_many_inspections_wait_intake_says_come_back_later_and_does_nothing(
    full: Container, api: Api, desk: Desk, path: str, body: dict[str, Any]
) -> None:
    answer = api.over(full).post(path, body)

    assert (answer.status_code, answer.json()["code"]) == (429, "overloaded")
    assert answer.headers["Retry-After"] == "10"
    assert "same Idempotency-Key" in answer.json()["detail"]
    assert (len(desk.rows(submission)), len(desk.rows(upload_slot))) == (3, 0)
    assert desk.rows(idempotency) == []


def test_a_request_that_was_answered_before_gets_its_answer_however_much_waits(
    tools: Container, api: Api, desk: Desk
) -> None:
    first = api.submit(avatar_body(), once="once")

    repeated = api.over(variant(tools, intake_backlog=1)).submit(avatar_body(), once="once")

    assert (repeated.status_code, repeated.json()) == (202, first.json())
    assert len(desk.rows(submission)) == 1


def test_a_key_of_another_service_does_not_open_the_door(full: Container, tools: Container, api: Api) -> None:
    Api(tools, reviewer="r-2").submit(avatar_body(member_id="m-2"), once="once")

    assert api.over(full).submit(avatar_body(), once="once").status_code == 429


def test_review_and_results_are_served_while_intake_is_refused(full: Container, api: Api, desk: Desk) -> None:
    desk.case_waiting("m-9")
    web = api.over(full)

    claimed = web.post("/v1/review/claims", {"kinds": []})
    listed = web.get("/v1/submissions")

    assert (claimed.status_code, listed.status_code) == (201, 200)


def test_intake_opens_again_once_less_waits(full: Container, api: Api, desk: Desk) -> None:
    web = api.over(full)
    refused = web.submit(avatar_body()).status_code

    desk.inspect()

    assert refused == 429
    assert until(lambda: web.submit(avatar_body()).status_code == 202)


def test_work_that_waits_for_its_time_is_no_overload(full: Container, desk: Desk) -> None:
    desk.sql("UPDATE task SET due_at = now() + interval '1 minute' WHERE id = (SELECT min(id::text)::uuid FROM task)")

    assert not full.backlog.is_full()


def test_the_backlog_is_not_counted_for_each_request(tools: Container, desk: Desk) -> None:
    backlog = Backlog(tools.db, bound=1, fresh_seconds=3600)
    before = backlog.is_full()

    desk.submit_avatar()

    assert (before, backlog.is_full()) == (False, False)
    assert Backlog(tools.db, bound=1).is_full()


def test_readiness_says_that_intake_is_refused(full: Container, api: Api) -> None:
    assert api.over(full).readiness().json()["overloaded"] is True
    assert api.readiness().json()["overloaded"] is False


def test_a_message_of_the_queue_door_is_taken_in_however_much_waits(full: Container, desk: Desk) -> None:
    with own_broker(full) as own:
        own.broker.enqueue(message(avatar_body(member_id="m-door")))
        with working_on(own, "intake"):
            until(lambda: [row for row in desk.rows(submission) if row.member_id == "m-door"], seconds=60)
            until(lambda: left_in(full) == 0, seconds=60)

    assert desk.parked() == []


class Crowd:
    """Submissions of one member that all come at once; `statuses` are the answers so far."""

    def __init__(self, url: str, key: str, *, count: int) -> None:
        self.statuses: list[int] = []
        self._url, self._key = url, key
        self._threads = ThreadPoolExecutor(count)
        for number in range(count):
            self._threads.submit(self._submit, number)

    def _submit(self, number: int) -> None:
        headers = {"Authorization": f"Bearer {self._key}", "Idempotency-Key": f"crowd-{number}"}
        with httpx.Client(trust_env=False, timeout=120) as client:
            answer = client.post(f"{self._url}/v1/submissions", headers=headers, json=avatar_body())
        self.statuses.append(answer.status_code)

    def leave(self) -> None:
        """Once all have their answers, so that none of them is still at work when the next test begins."""
        self._threads.shutdown()


@pytest.fixture
def crowded(tools: Container, api: Api, desk: Desk) -> Iterator[tuple[str, Crowd]]:
    """A web process to which 60 submissions came that cannot go on, more than it has threads or connections."""
    with serving(tools) as url, ExitStack() as afterwards, member_held(tools, "m-1"):
        crowd = Crowd(url, api.submit_key, count=60)
        afterwards.callback(crowd.leave)
        until(lambda: desk.waiting_for_locks() == tools.settings.intake_at_once, seconds=60)
        until(lambda: 429 in crowd.statuses, seconds=60)
        yield url, crowd


def test_requests_of_intake_never_take_the_threads_that_review_and_results_need(
    crowded: tuple[str, Crowd], api: Api
) -> None:
    url, crowd = crowded
    with httpx.Client(trust_env=False, timeout=60) as client:
        queue = client.get(f"{url}/v1/review/queue", headers={"Authorization": f"Bearer {api.review_key}"})
        results = client.get(f"{url}/v1/submissions", headers={"Authorization": f"Bearer {api.submit_key}"})

    assert (queue.status_code, results.status_code) == (200, 200)
    assert set(crowd.statuses) <= {202, 429, 503}
