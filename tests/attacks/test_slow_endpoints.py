"""Endpoints of other services that accept and never answer: each holds one thread that is there for endpoints, and nothing else waits."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from config.container import Container
from pipeline.events.tables import delivery, endpoint
from pipeline.events.webhooks import endpoints
from pipeline.kernel.outgoing import Outgoing
from pipeline.tasks.rules import DELIVER_EVENT, INSPECT, QUEUES, REPLAY_EVENTS, SEND_MAIL
from schemas.events import EndpointRequest
from tests.support.desk import Desk
from tests.support.endpoint import listening
from tests.support.faults import without_broker
from tests.support.odd_endpoint import OddEndpoint, answering
from tests.support.servers import variant
from tests.support.together import until
from tests.support.workers import working
from workers.fallback import Fallback


def silent(place: OddEndpoint) -> Iterator[bytes]:
    """No answer until the test is over."""
    place.over.wait()
    yield b""


@contextmanager
def hanging(count: int) -> Iterator[list[OddEndpoint]]:
    with ExitStack() as all_of_them:
        yield [all_of_them.enter_context(answering(silent)) for _ in range(count)]


@contextmanager
def released(places: Sequence[OddEndpoint]) -> Iterator[None]:
    """They hang up at the end of the block, so that nobody waits for them any more."""
    try:
        yield
    finally:
        for place in places:
            place.over.set()


def long(tools: Container, **settings: Any) -> Container:
    """A delivery may last longer than the test."""
    events = tools.policy.events.model_copy(update={"timeout_seconds": 40})
    return variant(tools, policy=tools.policy.model_copy(update={"events": events}), **settings)


def added(desk: Desk, url: str) -> None:
    endpoints.add(EndpointRequest(url=url), db=desk.tools.db, sealer=desk.tools.sealer)


def nothing_was_given_up_on(desk: Desk) -> bool:
    """Whether what hangs still hangs: no delivery has ended in any way."""
    return {(row.state, row.tries) for row in desk.rows(delivery)} == {("pending", 0)}


def test_three_that_hang_do_not_hold_the_two_threads_of_a_worker(desk: Desk) -> None:
    with hanging(3) as places:
        for place in places:
            added(desk, place.url)
        with working(long(desk.tools), *QUEUES) as own, released(places):
            mine = Desk(own)
            submission = mine.submit_avatar()
            until(lambda: all(place.asked for place in places))
            until(lambda: mine.state(submission) == "in_review")
            mine.reject()
            until(mine.mails)

            assert nothing_was_given_up_on(mine)


def test_one_that_hangs_is_sent_one_event_though_many_members_have_some(desk: Desk) -> None:
    with hanging(1) as (place,):
        added(desk, place.url)
        for number in range(10):
            desk.case_waiting(f"m-{number}")
        with working(long(desk.tools), *QUEUES) as own, released([place]):
            mine = Desk(own)
            until(lambda: place.asked)
            for row in mine.tasks(DELIVER_EVENT):
                own.hints([(DELIVER_EVENT.name, str(row.id))])
            until(lambda: sum(row.state != "done" for row in mine.tasks(DELIVER_EVENT)) == 1)

            assert len(place.asked) == 1
            assert nothing_was_given_up_on(mine)


def test_a_prompt_one_gets_its_events_while_another_hangs(desk: Desk) -> None:
    with hanging(1) as (slow,), listening() as prompt:
        added(desk, slow.url)
        added(desk, prompt.url)
        others = (queue for queue in QUEUES if queue != INSPECT.queue)
        with working(long(desk.tools), *others) as own, released([slow]):
            Desk(own).case_waiting("m-1")
            Desk(own).case_waiting("m-2")
            until(lambda: len(prompt.got) == 4 and slow.asked)

            assert len(slow.asked) == 1


def test_after_one_silence_it_rests_and_new_events_do_not_ask_it(desk: Desk) -> None:
    with hanging(1) as (place,):
        added(desk, place.url)
        desk.case_waiting("m-1")
        place.over.set()
        desk.run_due(DELIVER_EVENT)
        asked = len(place.asked)
        desk.sql("UPDATE webhook_endpoint SET rests_until = now() + interval '1 hour'")

        desk.case_waiting("m-2")
        desk.run_due(DELIVER_EVENT)

        (row,) = desk.rows(endpoint)
        assert (row.failures, len(place.asked)) == (1, asked)
        assert [each.state for each in desk.tasks(DELIVER_EVENT) if each.state != "done"] == ["ready"]


def test_without_the_broker_a_worker_of_one_thread_inspects_while_an_endpoint_hangs(desk: Desk) -> None:
    with hanging(1) as (place,), without_broker(long(desk.tools, worker_threads=1)) as cut_off:
        cut_off.__dict__["policy"] = long(desk.tools).policy
        added(desk, place.url)
        mine = Desk(cut_off)
        desk.case_waiting("m-0")
        fallback = Fallback(cut_off, queues=())
        fallback.start()
        until(lambda: place.asked)
        with released([place]):
            submission = mine.submit_avatar("m-1")
            until(lambda: mine.state(submission) == "in_review")

            assert nothing_was_given_up_on(mine)
        fallback.stop()


@pytest.mark.parametrize("kind", [DELIVER_EVENT, REPLAY_EVENTS])
def test_endpoints_have_a_queue_that_no_mail_is_in(kind: object) -> None:
    assert getattr(kind, "queue", None) == "webhooks" != SEND_MAIL.queue


def test_names_that_are_never_answered_do_not_keep_another_name_from_being_looked_up() -> None:
    over = threading.Event()

    def resolve(host: str, _port: int) -> Sequence[str]:
        if host == "slow.example.com":
            over.wait(timeout=60)
        return ["10.0.0.1"]

    outgoing = Outgoing(resolve=resolve)
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(refusal, outgoing, "slow.example.com") for _ in range(8)]
        found = refusal(outgoing, "quick.example.com")
        over.set()
        wait = [each.result() for each in asked]
    outgoing.close()

    assert found == wait[0] == "ConnectError"


def refusal(outgoing: Outgoing, host: str) -> str:
    """How the request ended; both names lead inside, which is refused once they are looked up."""
    with pytest.raises(httpx.HTTPError) as raised:
        outgoing.post(f"https://{host}/", body=b"{}", headers={}, seconds=20)
    return type(raised.value).__name__


def test_more_than_twenty_that_hang_leave_a_connection_for_another() -> None:
    outgoing = Outgoing(inside=["127.0.0.1"])
    with hanging(1) as (slow,), listening() as prompt, ThreadPoolExecutor(24) as threads:
        asked = [threads.submit(ended, outgoing, slow.url) for _ in range(24)]
        until(lambda: len(slow.asked) >= 20)

        assert ended(outgoing, prompt.url) == "204"

        slow.over.set()
        assert len([each.result() for each in asked]) == 24
    outgoing.close()


def ended(outgoing: Outgoing, url: str) -> str:
    try:
        return str(outgoing.post(url, body=b"{}", headers={}, seconds=20).status)
    except httpx.HTTPError as error:
        return type(error).__name__
