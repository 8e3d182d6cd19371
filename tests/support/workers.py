"""A real worker in this process, for the length of a block."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from dramatiq import Message, Worker

from config.container import Container
from tests.support.faults import own_broker
from workers.main import prepare


@contextmanager
def working(tools: Container, *queues: str) -> Iterator[Container]:
    """The worker of `tools` on these queues, as `python -m workers` starts it."""
    with own_broker(tools) as own:
        yield from _work(own, queues)


@contextmanager
def working_on(tools: Container, *queues: str) -> Iterator[Container]:
    """The same with the broker and the database that `tools` has."""
    yield from _work(tools, queues)


def _work(tools: Container, queues: tuple[str, ...]) -> Iterator[Container]:
    prepare(tools)
    worker = Worker(tools.broker, queues=set(queues), worker_timeout=50, worker_threads=2)
    worker.start()
    try:
        yield tools
    finally:
        worker.stop(timeout=10_000)


def message(*args: Any, actor: str = "accept_submission", queue: str = "intake", **kwargs: Any) -> Message[Any]:
    return Message(queue_name=queue, actor_name=actor, args=args, kwargs=kwargs, options={})


def push_raw(tools: Container, raw: bytes, *, queue: str = "intake") -> None:
    """Put bytes where a message would be, as somebody does who speaks to Redis by hand."""
    redis_id = str(uuid4())
    tools.broker.client.hset(f"dramatiq:{queue}.msgs", redis_id, raw)
    tools.broker.client.rpush(f"dramatiq:{queue}", redis_id)


def left_in(tools: Container, queue: str = "intake") -> int:
    """How many messages the broker still holds of a queue, those under way included."""
    kept = (f"dramatiq:{queue}.msgs", f"dramatiq:{queue}.DQ.msgs", f"dramatiq:{queue}.XQ.msgs")
    return sum(int(tools.broker.client.hlen(name)) for name in kept)


def encoded(fields: object) -> bytes:
    return json.dumps(fields).encode()
