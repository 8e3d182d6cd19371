"""The queue door without threads: one message at a time, taken as a worker takes it."""

from typing import Any

from config.broker import HintBroker
from config.container import Container
from tests.support.faults import own_broker
from tests.support.together import until
from tests.support.workers import left_in
from workers.main import prepare

DOOR = "intake"
ALWAYS = 1_000_000
"""Of a million commands, how many look after the messages of workers that died."""


def take(broker: HintBroker) -> None:
    """Fetch a message, act on it, acknowledge it. What is no message is parked by the consumer itself."""
    consumer = broker.consume(DOOR, prefetch=1, timeout=50)
    message = next(consumer)
    if message is not None:
        broker.get_actor(message.actor_name)(*message.args, **message.kwargs)
        consumer.ack(message)
    consumer.close()


def take_what_was_left(tools: Container) -> None:
    """Another worker takes all messages, those of a worker too whose heart has stopped."""
    client: Any = tools.broker.client
    for worker in client.zrange("dramatiq:__heartbeats__", 0, -1):
        client.zadd("dramatiq:__heartbeats__", {worker: 0})
    with own_broker(tools) as own:
        prepare(own)
        own.broker.maintenance_chance = ALWAYS
        until(lambda: _one_less(own) == 0, seconds=60)


def _one_less(tools: Container) -> int:
    take(tools.broker)
    return left_in(tools)
