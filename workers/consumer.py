"""A consumer that neither a message of strangers nor a broker that is away can stop: what is not a message is handed to `park`."""

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

Tell = Callable[[str, str], object]
"""Tells the broker of a message, by its queue and id."""

Park = Callable[[bytes, str], None]
"""Keeps a message's bytes with the reason why it could not be taken."""

DOOR: Final = "intake"
DELAYED_MS: Final = 1000
"""How long at most between two looks at a queue of messages that wait for their time, which is not exact anyway."""
NEXT_LOOK_MS: Final = 20
"""How long at least until an empty queue is looked at again, twice as long each time. With dramatiq's 5 ms a busy worker spends
a quarter of its time looking."""
PAUSE_SECONDS: Final = 1.0


class DoorConsumer(_RedisConsumer):
    """dramatiq's Redis consumer, but what is no sound message, or names an actor that the door has not, is parked.

    An unsound message would end the thread that takes it. While the database is away it waits here and nothing behind it does;
    if the process dies meanwhile, the broker gives it to another.

    A broker that does not answer is waited for by this consumer's own thread alone. A worker's thread tells it once that a message
    is done; what did not arrive is told later from here, for there is other work, which the ledger has. All that a message
    starts may be started again, so one that comes twice does no harm.
    """

    park: Park
    actors: frozenset[str]

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        if self.queue_name == dq_name(self.queue_name):
            self.timeout = DELAYED_MS
        self._aside: deque[tuple[bytes, str]] = deque()
        self._again_at = 0.0
        self._under_way: set[str] = set()
        self._untold: deque[tuple[Tell, str]] = deque()
        self._telling = threading.Lock()
        self._was_away = False

    def __next__(self) -> Any:
        """The next sound message, or None where there is none at the moment, or no broker that answers."""
        try:
            message = self._next()
        except (RedisError, OSError) as error:
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
        self._tell(self.broker.do_ack, message)

    def nack(self, message: Any) -> None:
        """The message failed for good. Never raises."""
        self._tell(self.broker.do_nack, message)

    def _tell(self, tell: Tell, message: Any) -> None:
        self.queued_message_ids.discard(message.message_id)
        self._untold.append((tell, message.options["redis_message_id"]))
        if len(self._untold) == 1:
            with suppress(RedisError, OSError):
                self._tell_all()

    def _tell_all(self) -> None:
        """Tell the broker what is done. Raises RedisError; what was not told then stays."""
        with self._telling:
            while self._untold:
                tell, redis_id = self._untold[0]
                tell(self.queue_name, redis_id)
                self._under_way.discard(redis_id)
                self._untold.popleft()

    def _next(self) -> Message[Any] | None:
        self._tell_all()
        self._park_aside()
        raw = self._next_bytes()
        if raw is None:
            return None
        message = self._decoded(raw)
        if isinstance(message, str):
            self._aside.append((raw, message))
            self._park_aside()
            return None
        return message

    def _next_bytes(self) -> bytes | None:
        """A message that was fetched. With nothing to fetch, or enough under way, wait a little longer each time."""
        if not self.message_cache and self.outstanding_message_count < self.prefetch:
            if self._was_away:
                self._take_stock()
            fetched = self.broker.do_fetch(self.queue_name, self.prefetch - self.outstanding_message_count)
            self.message_cache = [raw for raw in fetched if raw is not None]
        if not self.message_cache:
            self.misses, milliseconds = compute_backoff(self.misses, factor=NEXT_LOOK_MS, max_backoff=self.timeout)
            time.sleep(milliseconds / 1000)
            return None
        self.misses = 0
        raw: bytes = self.message_cache.pop(0)
        return raw

    def _take_stock(self) -> None:
        """Give back what the broker takes to be here and is not: its answer to a fetch was lost. Raises RedisError."""
        if not self._aside:
            here = set(self._under_way)
            if lost := {redis_id.decode() for redis_id in self._fetched()} - here:
                self.broker.do_requeue(self.queue_name, *lost)
        self._was_away = False

    def _fetched(self) -> set[bytes]:
        """The broker's ids of what it takes to be here: fetched by this process, and not said to be done."""
        broker: Any = self.broker
        found: set[bytes] = broker.client.smembers(f"{broker.namespace}:__acks__.{broker.broker_id}.{self.queue_name}")
        return found

    def _decoded(self, raw: bytes) -> Message[Any] | str:
        """The message, or why it must not reach a worker's thread."""
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

    def _park_aside(self) -> None:
        while self._aside and time.monotonic() >= self._again_at:
            raw, reason = self._aside[0]
            try:
                self.park(raw, reason)
            except RetryableError as error:
                self._again_at = time.monotonic() + PAUSE_SECONDS
                log.warning("message.parking_waits", error=str(error))
                return
            for redis_id in self._ids_of(raw):
                self.broker.do_ack(self.queue_name, redis_id)
            self._aside.popleft()

    def _ids_of(self, raw: bytes) -> Iterator[bytes]:
        """The broker's ids of fetched messages with exactly these bytes. There are never more than the prefetch."""
        broker: Any = self.broker
        for redis_id in self._fetched():
            if broker.client.hget(f"{broker.namespace}:{self.queue_name}.msgs", redis_id) == raw:
                yield redis_id


def consumer_class(park: Park, actors: frozenset[str]) -> type[DoorConsumer]:
    """A consumer that parks with `park` and knows these actors."""
    return type("BoundDoorConsumer", (DoorConsumer,), {"park": staticmethod(park), "actors": actors})
