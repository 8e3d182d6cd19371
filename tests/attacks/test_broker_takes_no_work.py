"""A broker that answers a ping and takes no work: it counts as away, at once, and everybody says why."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

import pytest
import redis

from config.container import Container
from pipeline.kernel.errors import BrokerUnavailable
from tests.support.desk import Desk
from tests.support.faults import closed_port, own_broker
from tests.support.together import until
from web.health import state_of
from workers.fallback import Fallback

ENDLESS: Final = "while true do end"


@contextmanager
def configured(client: Any, **settings: str) -> Iterator[None]:
    names = {name.replace("_", "-"): value for name, value in settings.items()}
    before = {name: client.config_get(name)[name] for name in names}
    for name, value in names.items():
        client.config_set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            client.config_set(name, value)


def full(client: Any) -> AbstractContextManager[None]:
    return configured(client, maxmemory="1mb", maxmemory_policy="noeviction")


def too_few_replicas(client: Any) -> AbstractContextManager[None]:
    return configured(client, min_replicas_to_write="1")


@contextmanager
def replica(client: Any) -> Iterator[None]:
    client.replicaof("127.0.0.1", closed_port())
    try:
        yield
    finally:
        client.replicaof("NO", "ONE")


@contextmanager
def cut_off_replica(client: Any) -> Iterator[None]:
    with configured(client, replica_serve_stale_data="no"), replica(client):
        yield


@contextmanager
def busy(client: Any) -> Iterator[None]:
    with configured(client, busy_reply_threshold="1"), ThreadPoolExecutor(1) as pool:
        going = pool.submit(client.eval, ENDLESS, 0)
        until(lambda: _is_busy(client), seconds=30)
        yield
        client.script_kill()
        assert isinstance(going.exception(timeout=30), redis.ResponseError)


def _is_busy(client: Any) -> bool:
    try:
        client.ping()
    except redis.ResponseError as error:
        return str(error).startswith("BUSY")
    return False


Trouble = Callable[[Any], AbstractContextManager[None]]

TROUBLES: Final = [
    (full, "is full"),
    (replica, "it is a replica"),
    (cut_off_replica, "a replica"),
    (too_few_replicas, "fewer replicas"),
    (busy, "busy with a script"),
]


@pytest.fixture
def admin(tools: Container) -> Iterator[Any]:
    """A connection that sets the broker up, without the time-outs of ours."""
    with redis.Redis.from_url(tools.settings.broker_url, decode_responses=True, socket_timeout=120) as client:
        yield client


@pytest.mark.parametrize(("trouble", "words"), TROUBLES)
def test_a_broker_that_takes_no_work_counts_as_away_and_says_why(
    tools: Container, admin: Any, trouble: Trouble, words: str
) -> None:
    with own_broker(tools) as own:
        fallback = Fallback(own, queues=())
        with trouble(admin):
            took_work = fallback._broker_takes_work()  # noqa: SLF001  (what it decides by)
            paused = own.hints.paused
            seen = state_of(own)

        assert (took_work, paused) == (False, True)
        assert words in seen["checks"]["broker"]
        assert seen["degraded"] == ["broker"]
        assert fallback._broker_takes_work()  # noqa: SLF001


def test_while_the_broker_is_full_what_was_accepted_goes_on_at_once(tools: Container, admin: Any) -> None:
    with own_broker(tools) as own, full(admin):
        desk = Desk(own)
        submission = desk.submit_avatar()
        fallback = Fallback(own, queues=())
        fallback.start()

        until(lambda: desk.submission(submission).state == "in_review")
        fallback.stop()

    assert Desk(tools).submission(submission).state == "in_review"


def test_a_connection_to_a_replica_is_dropped_so_that_the_next_one_may_find_the_primary(
    tools: Container, admin: Any
) -> None:
    with own_broker(tools) as own:
        own.broker.client.ping()
        before = own.broker.client.client_id()
        with replica(admin):
            sent = own.hints([("submission.inspect", "0")])
        after = own.broker.client.client_id()

    assert not sent
    assert after != before


def test_the_broker_is_asked_by_a_write(tools: Container, admin: Any) -> None:
    with full(admin), pytest.raises(BrokerUnavailable, match="Raise maxmemory"):
        tools.broker.require_work_taken()

    tools.broker.require_work_taken()
