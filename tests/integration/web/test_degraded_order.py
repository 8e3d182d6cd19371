"""In what order a worker that has too much to do does it, with the broker and without."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID, uuid4

import dramatiq
import pytest
from dramatiq import Message

from config.container import Container
from pipeline.submission.tables import submission
from pipeline.tasks.rules import INSPECT, SEND_MAIL
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.faults import own_broker, without_broker
from tests.support.files import photo
from tests.support.http import Api
from tests.support.mails import rejected, task_of
from tests.support.servers import variant
from tests.support.together import until
from tests.support.workers import message
from workers.fallback import Fallback
from workers.main import DELAYED_FOR_EACH_THREAD, FETCHED_FOR_EACH_THREAD, build_worker, prepare


@contextmanager
def busy_worker(tools: Container, gate: threading.Event) -> Iterator[dramatiq.Worker]:
    """A worker of one thread, which does nothing until the gate opens."""
    with own_broker(variant(tools, worker_threads=1)) as own:
        prepare(own)
        entered = threading.Event()

        def wait_here() -> None:
            entered.set()
            gate.wait(timeout=120)

        dramatiq.actor(broker=own.broker, actor_name="wait_here", queue_name="effects")(wait_here)
        own.broker.enqueue(Message("effects", "wait_here", (), {}, {}))
        worker = build_worker(own)
        worker.start()
        try:
            assert entered.wait(timeout=60)
            yield worker
        finally:
            gate.set()
            worker.stop(timeout=60_000)


@pytest.fixture
def waiting(desk: Desk, tools: Container) -> tuple[UUID, UUID]:
    """An inspection that was due first and a result mail that was due last, of which no worker has heard."""
    desk.submit_avatar("m-inspect")
    rejected(desk)
    tools.broker.client.flushall()
    return desk.tasks(INSPECT)[0].id, task_of(desk)


def test_a_busy_worker_sends_results_before_it_inspects_and_inspects_before_it_takes_in(
    desk: Desk, tools: Container, waiting: tuple[UUID, UUID]
) -> None:
    inspection, result = waiting
    gate = threading.Event()

    with busy_worker(tools, gate) as worker:
        tools.broker.enqueue(message(avatar_body(member_id="m-door")))
        until(lambda: worker.work_queue.qsize() == 1, seconds=60)
        tools.hints([(INSPECT.name, str(inspection))])
        until(lambda: worker.work_queue.qsize() == 2, seconds=60)
        tools.hints([(SEND_MAIL.name, str(result))])
        until(lambda: worker.work_queue.qsize() == 3, seconds=60)
        gate.set()
        until(lambda: taken_in(desk), seconds=60)

    ended = {row.id: row.ended_at for row in desk.tasks()}
    assert ended[result] < ended[inspection] < taken_in(desk)[0]


def taken_in(desk: Desk) -> list[datetime]:
    """When messages of the queue door were accepted."""
    return [row.accepted_at for row in desk.rows(submission) if row.door == "queue"]


def test_a_worker_fetches_only_a_little_more_than_it_can_do(tools: Container) -> None:
    with busy_worker(tools, threading.Event()) as worker:
        tools.hints([(INSPECT.name, str(uuid4())) for _ in range(20)])

        until(lambda: worker.work_queue.qsize() >= FETCHED_FOR_EACH_THREAD, seconds=60)

        assert tools.broker.client.llen("dramatiq:inspection") == 20 - FETCHED_FOR_EACH_THREAD


def test_a_worker_keeps_only_some_of_the_messages_that_are_tried_again_later(tools: Container) -> None:
    with own_broker(variant(tools, worker_threads=1)) as own:
        prepare(own)
        sent = [own.broker.enqueue(message(avatar_body()), delay=3_600_000) for _ in range(60)]
        worker = build_worker(own, queues=["intake"])
        worker.start()

        until(lambda: own.broker.client.llen("dramatiq:intake.DQ") < len(sent), seconds=60)
        left = own.broker.client.llen("dramatiq:intake.DQ")
        worker.stop(timeout=60_000)

    assert left == 60 - DELAYED_FOR_EACH_THREAD


def test_without_the_broker_too_results_go_before_inspections_that_are_due_longer(
    desk: Desk, tools: Container, waiting: tuple[UUID, UUID]
) -> None:
    with without_broker(variant(tools, worker_threads=1)) as cut_off:
        done = Fallback(cut_off, queues=()).do_due()

    assert done == 1
    assert desk.only_task(SEND_MAIL).state == "done"
    assert {row.id: row.state for row in desk.tasks(INSPECT)}[waiting[0]] == "ready"


def test_without_the_broker_a_submission_is_taken_in_and_its_result_leaves(tools: Container, api: Api) -> None:
    with without_broker(tools) as cut_off:
        desk = Desk(cut_off)
        fallback = Fallback(cut_off, queues=())
        fallback.start()

        answer = api.over(cut_off).submit(avatar_body(desk.upload(photo())))
        until(lambda: desk.state(answer.json()["id"]) == "in_review", seconds=60)
        desk.reject()
        until(desk.mails, seconds=60)
        fallback.stop()

    assert answer.status_code == 202
    assert len(desk.mails()) == 1
