"""A worker whose broker does not answer: its threads do other work, and acknowledgements are repeated later."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from config.container import Container
from tests.chaos.proxies.link import Away, Trick
from tests.chaos.proxies.proxy import Proxy, through
from tests.chaos.proxies.valkey import ReplyLost
from tests.support.bodies import avatar_body
from tests.support.servers import variant
from tests.support.workers import left_in, message
from workers.main import prepare


@dataclass
class Door:
    """A worker's consumer of the queue `intake`, behind a proxy."""

    tools: Container
    proxy: Proxy
    consumer: Any

    def send(self) -> str:
        """Enqueue a message past the proxy, as upstream does. Returns its id."""
        sent = message(avatar_body())
        self.tools.broker.enqueue(sent)
        return sent.message_id

    def take(self) -> Any:
        """The consumer's next message."""
        return next(self.consumer)

    @contextmanager
    def playing(self, trick: Trick) -> Iterator[None]:
        self.proxy.play(trick)
        yield
        self.proxy.stop(trick)


@pytest.fixture
def door(tools: Container) -> Iterator[Door]:
    url = tools.settings.broker_url
    with Proxy() as proxy:
        proxy.lead_to(url)
        made = variant(tools, own=("db", "broker"), broker_url=through(proxy, url))
        prepare(made)
        yield Door(tools, proxy, made.broker.consume("intake", prefetch=2, timeout=50))
        made.broker.close()
        made.db.close()


def test_acknowledgements_are_repeated_after_the_broker_was_away_and_no_thread_waits_for_it(door: Door) -> None:
    door.send(), door.send()
    first, second = door.take(), door.take()
    away = Away()

    with door.playing(away):
        door.consumer.ack(first)
        tried = away.strikes
        door.consumer.nack(second)
        tried_again = away.strikes
        left = left_in(door.tools)
    found = door.take()

    assert (tried, tried_again, left) == (1, 1, 2)
    assert found is None
    assert left_in(door.tools) == 1  # a message that failed for good stays in the dead queue
    assert door.tools.broker.client.zcard("dramatiq:intake.XQ") == 1


def test_a_message_is_taken_though_the_answer_to_its_fetch_was_lost(door: Door) -> None:
    sent = door.send()

    with door.playing(ReplyLost(most=1)):
        lost = door.take()
    found = door.take()

    assert lost is None
    assert found.message_id == sent


def test_messages_under_way_are_not_requeued_after_the_broker_was_away(door: Door) -> None:
    door.send()
    mine = door.take()

    with door.playing(Away()):
        meanwhile = door.take()
    found = door.take()
    door.consumer.ack(mine)

    assert (meanwhile, found) == (None, None)
    assert left_in(door.tools) == 0
