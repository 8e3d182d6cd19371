"""The broker carries hints. It may lose them: the work itself is in the ledger."""

import time
from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

import redis
import structlog
from dramatiq import Message, Middleware
from dramatiq.brokers.redis import RedisBroker
from redis.backoff import NoBackoff
from redis.exceptions import ReadOnlyError, RedisError
from redis.retry import Retry

from pipeline.kernel.database import Hint
from pipeline.kernel.errors import BrokerUnavailable
from pipeline.kernel.rules.broker_replies import why_no_work
from pipeline.tasks.ledger import kind_named
from pipeline.tasks.rules import QUEUES

log = structlog.get_logger()

HEARTBEAT_MS: Final = 15_000
MAINTENANCE_CHANCE: Final = 100_000
PAUSE_SECONDS: Final = 1.0
"""How long a process sends no hints after the broker failed. The relay sends them later, so no request waits for the broker."""


class HintBroker(RedisBroker):
    """dramatiq's Redis broker, that also enqueues many messages in one round trip and takes the worker's own consumer."""

    consumer: type[Any] | None = None

    @property
    def consumer_class(self) -> type[Any]:
        """The class that reads a queue: the worker's own, or dramatiq's."""
        return self.consumer or super().consumer_class

    def close(self) -> None:
        """Close the connections to the broker, which dramatiq leaves open."""
        super().close()
        self.client.close()

    def require_work_taken(self) -> None:
        """Write as a hint and a fetch do. Raises BrokerUnavailable, whose message says why: a full broker answers a ping.

        dramatiq's script begins each command, this one too, with a write.
        """
        try:
            self.do_qsize(QUEUES[0])
        except (RedisError, OSError) as error:
            self.drop_replica(error)
            raise BrokerUnavailable(_in_words(error)) from error

    def drop_replica(self, error: Exception) -> None:
        """Close the idle connections where `error` says that they lead to a replica: the next ones may find the new primary."""
        if isinstance(error, ReadOnlyError) or "READONLY" in str(error):
            self.client.connection_pool.disconnect(inuse_connections=False)

    def enqueue_many(self, messages: Sequence[Message[Any]]) -> None:
        """Enqueue all of them, pipelined. Raises RedisError."""
        pipeline = self.client.pipeline(transaction=False)
        for message in messages:
            message_id = str(uuid4())
            keyed = message.copy(options={"redis_message_id": message_id})
            self.scripts["dispatch"](
                keys=[self.namespace],
                args=[
                    "enqueue",
                    int(time.time() * 1000),
                    message.queue_name,
                    self.broker_id,
                    self.heartbeat_timeout,
                    self.dead_message_ttl,
                    0,
                    self._max_unpack_size(),
                    message_id,
                    keyed.encode(),
                ],
                client=pipeline,
            )
        pipeline.execute()


def build_broker(url: str, *, middleware: list[Middleware], patient: bool) -> HintBroker:
    """A broker for `url`. Workers and the relay (`patient`) wait two seconds for an answer, a web request one.

    Measurements led to frequent maintenance, a short heartbeat, and no retries by the client. A worker does other work from the
    ledger instead of waiting for a hint. A repeated fetch would hide that the answer to the first one was lost.
    """
    client = redis.Redis.from_url(
        url,
        socket_timeout=2 if patient else 1,
        socket_connect_timeout=1 if patient else 0.5,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=15,
    )
    broker = HintBroker(
        client=client, middleware=middleware, maintenance_chance=MAINTENANCE_CHANCE, heartbeat_timeout=HEARTBEAT_MS
    )
    for queue in QUEUES:
        broker.declare_queue(queue)
    return broker


class Hints:
    """Sends hints that tasks are due, best effort: a lost hint delays the work and never loses it."""

    def __init__(self, broker: HintBroker) -> None:
        self._broker = broker
        self._paused_until = 0.0

    @property
    def paused(self) -> bool:
        """Whether no hints are sent, since the broker failed a moment ago."""
        return time.monotonic() < self._paused_until

    def pause(self, seconds: float = PAUSE_SECONDS) -> None:
        """Send no hints for so many seconds, since the broker does not answer."""
        self._paused_until = time.monotonic() + seconds

    def __call__(self, hints: Sequence[Hint]) -> bool:
        """Send the hints (kind, task id), pipelined. Returns whether they were sent. Never raises."""
        if self.paused:
            return False
        try:
            self._broker.enqueue_many([self._message(kind, task_id) for kind, task_id in hints])
        except (RedisError, OSError) as error:
            self.pause()
            self._broker.drop_replica(error)
            log.warning("hint.lost", hints=len(hints), error=type(error).__name__)
            return False
        return True

    def _message(self, kind_name: str, task_id: str) -> Message[Any]:
        kind = kind_named(kind_name)
        return Message(queue_name=kind.queue, actor_name=kind.actor, args=(task_id,), kwargs={}, options={})


def _in_words(error: Exception) -> str:
    known = why_no_work(str(error), status=getattr(error, "status_code", None))
    return known or f"The broker cannot be reached: {type(error).__name__}: {error}"
