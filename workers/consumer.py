"""Reads queues for a worker. Invalid messages are parked, and an unreachable broker never ends or blocks a worker's thread."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import structlog
from dramatiq import Message
from dramatiq.broker import MessageProxy
from dramatiq.brokers.redis import _RedisConsumer
from dramatiq.common import compute_backoff, dq_name
from dramatiq.errors import DecodeError
from redis.exceptions import RedisError

from pipeline.kernel.errors import RetryableError

log = structlog.get_logger()

Acknowledge = Callable[[str, str], object]
"""Reports the end of a message to the broker, by its queue and id."""

Park = Callable[[bytes, str], None]
"""Stores a message's bytes with the reason why it cannot be accepted."""

DOOR: Final = "intake"
DELAYED_MS: Final = 1000
"""The longest pause between two fetches from a queue of delayed messages, whose times are not exact."""
FIRST_PAUSE_MS: Final = 20
"""The pause after a fetch from an empty queue; it doubles each time. With dramatiq's 5 ms a busy worker spends a quarter of its
time on fetches."""
PAUSE_SECONDS: Final = 1.0


class DoorConsumer(_RedisConsumer):
    """dramatiq's Redis consumer, which parks invalid messages and those that name an actor that the door does not have.

    An invalid message would end the thread that takes it. While the database is away it waits here, and later messages do not wait
    for it. If the process dies, the broker gives the message to another one.

    Only this consumer's own thread waits for a broker that does not answer. A worker's thread acknowledges a message once and goes
    on; this consumer repeats what did not arrive. Everything that a message starts may start twice, so a repeated message is safe.
    """

    park: Park
    actors: frozenset[str]

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        if self.queue_name == dq_name(self.queue_name):
            self.timeout = DELAYED_MS
        self._unparked: deque[tuple[bytes, str]] = deque()
        self._park_at = 0.0
        self._under_way: set[str] = set()
        self._unacknowledged: deque[tuple[Acknowledge, str]] = deque()
        self._acknowledging = threading.Lock()
        self._was_away = False

    def __next__(self) -> Any:
        """The next valid message; None when there is none at the moment, or when the broker does not answer."""
        try:
            message = self._next()
        except (RedisError, OSError) as error:
            broker: Any = self.broker
            broker.drop_replica(error)
            if not self._was_away:
                log.warning("queue.waiting", queue=self.queue_name, error=type(error).__name__)
            self._was_away = True
            time.sleep(PAUSE_SECONDS)
            return None
        if message is None:
            return None
        self._under_way.add(message.options["redis_message_id"])
        self.queued_message_ids.add(message.message_id)
        return MessageProxy(message)

    def ack(self, message: Any) -> None:
        """The message is done. Never raises."""
        self._end(self.broker.do_ack, message)

    def nack(self, message: Any) -> None:
        """The message failed for good. Never raises."""
        self._end(self.broker.do_nack, message)

    def _end(self, acknowledge: Acknowledge, message: Any) -> None:
        self.queued_message_ids.discard(message.message_id)
        self._unacknowledged.append((acknowledge, message.options["redis_message_id"]))
        if len(self._unacknowledged) == 1:
            with suppress(RedisError, OSError):
                self._acknowledge_all()

    def _acknowledge_all(self) -> None:
        """Report all ended messages to the broker. Raises RedisError, and keeps what did not arrive."""
        with self._acknowledging:
            while self._unacknowledged:
                acknowledge, redis_id = self._unacknowledged[0]
                acknowledge(self.queue_name, redis_id)
                self._under_way.discard(redis_id)
                self._unacknowledged.popleft()

    def _next(self) -> Message[Any] | None:
        self._acknowledge_all()
        self._park_all()
        raw = self._next_bytes()
        if raw is None:
            return None
        message = self._decoded(raw)
        if isinstance(message, str):
            self._unparked.append((raw, message))
            self._park_all()
            return None
        return message

    def _next_bytes(self) -> bytes | None:
        """A fetched message; None after a pause when there is nothing to fetch or enough under way. The pause grows each time."""
        if not self.message_cache and self.outstanding_message_count < self.prefetch:
            if self._was_away:
                self._requeue_lost()
            fetched = self.broker.do_fetch(self.queue_name, self.prefetch - self.outstanding_message_count)
            self.message_cache = [raw for raw in fetched if raw is not None]
        if not self.message_cache:
            self.misses, milliseconds = compute_backoff(self.misses, factor=FIRST_PAUSE_MS, max_backoff=self.timeout)
            time.sleep(milliseconds / 1000)
            return None
        self.misses = 0
        raw: bytes = self.message_cache.pop(0)
        return raw

    def _requeue_lost(self) -> None:
        """Requeue the messages of a fetch whose answer was lost. Raises RedisError."""
        if not self._unparked:
            here = set(self._under_way)
            if lost := {redis_id.decode() for redis_id in self._fetched()} - here:
                self.broker.do_requeue(self.queue_name, *lost)
        self._was_away = False

    def _fetched(self) -> set[bytes]:
        """The broker's ids of the messages that this process fetched and did not acknowledge."""
        broker: Any = self.broker
        found: set[bytes] = broker.client.smembers(f"{broker.namespace}:__acks__.{broker.broker_id}.{self.queue_name}")
        return found

    def _decoded(self, raw: bytes) -> Message[Any] | str:
        """The message, or the reason why it must not reach a worker's thread."""
        try:
            message: Any = Message.decode(raw)
        except DecodeError:
            return "invalid_json: the message is not a dramatiq message in JSON."
        if not isinstance(message.actor_name, str) or (
            self.queue_name == DOOR and message.actor_name not in self.actors
        ):
            return f"unknown_actor: the queue has no actor {message.actor_name!r}."
        shapes = (message.kwargs, dict), (message.options, dict), (message.message_id, str), (message.queue_name, str)
        if not all(isinstance(value, kind) for value, kind in shapes):
            return "invalid_message: kwargs and options are objects, message_id and queue_name are strings."
        if not isinstance(message.options.get("redis_message_id"), str):
            return "invalid_message: there is no redis_message_id; enqueue it with dramatiq's Redis broker."
        return message  # type: ignore[no-any-return]

    def _park_all(self) -> None:
        while self._unparked and time.monotonic() >= self._park_at:
            raw, reason = self._unparked[0]
            try:
                self.park(raw, reason)
            except RetryableError as error:
                self._park_at = time.monotonic() + PAUSE_SECONDS
                log.warning("message.parking_waits", error=str(error))
                return
            for redis_id in self._ids_of(raw):
                self.broker.do_ack(self.queue_name, redis_id)
            self._unparked.popleft()

    def _ids_of(self, raw: bytes) -> Iterator[bytes]:
        """The broker's ids of fetched messages with exactly these bytes. There are never more than the prefetch."""
        broker: Any = self.broker
        for redis_id in self._fetched():
            if broker.client.hget(f"{broker.namespace}:{self.queue_name}.msgs", redis_id) == raw:
                yield redis_id


def consumer_class(park: Park, actors: frozenset[str]) -> type[DoorConsumer]:
    """A consumer class with this `park` and these actors."""
    return type("BoundDoorConsumer", (DoorConsumer,), {"park": staticmethod(park), "actors": actors})
