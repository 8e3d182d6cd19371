"""The worker process: one dramatiq worker in one process, ended by SIGTERM or SIGINT. Start as many as there are cores."""

import signal
import threading
from collections.abc import Collection
from typing import Final

import structlog
from dramatiq import Worker

from config.container import Container
from config.memory import keep_what_was_made
from pipeline.inspection.downloads import forget_left_behind
from pipeline.intake.parked import park_bytes
from workers import actors, intake
from workers.consumer import consumer_class
from workers.fallback import Fallback
from workers.recovery import Recovery

log = structlog.get_logger()

PICK_UP_MS: Final = 250
"""How long at most between two looks at an empty queue, of which there is one for each kind of work. A hint waits no longer than
this for a worker with nothing to do; looking more often keeps one busy that has nothing to do."""
SHUTDOWN_MS: Final = 30_000
FETCHED_FOR_EACH_THREAD: Final = 2
DELAYED_FOR_EACH_THREAD: Final = 50
"""Messages of the queue door that are tried again later, which a worker keeps until then."""


def prepare(tools: Container) -> None:
    """Declare every actor on the container's broker, and let its door park what is no message."""
    actors.declare(tools)
    intake.declare(tools)

    def park(raw: bytes, reason: str) -> None:
        park_bytes(raw, reason=reason, db=tools.db)

    tools.broker.consumer = consumer_class(park, frozenset({intake.ACTOR}))


def build_worker(tools: Container, *, queues: Collection[str] = ()) -> Worker:
    """The worker of this process. It fetches a little more than it can do: what it holds, no other worker can take.

    dramatiq gives the prefetch no parameter, and reads it from variables of its own; here it follows from the threads.
    """
    threads = tools.settings.worker_threads
    worker = Worker(tools.broker, queues=set(queues) or None, worker_timeout=PICK_UP_MS, worker_threads=threads)
    worker.queue_prefetch = FETCHED_FOR_EACH_THREAD * threads
    worker.delay_prefetch = DELAYED_FOR_EACH_THREAD * threads
    return worker


def run(tools: Container, *, queues: Collection[str] = ()) -> None:
    """Work until told to stop, then finish what is under way."""
    prepare(tools)
    forget_left_behind()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker = build_worker(tools, queues=queues)
    recovery = Recovery(tools)
    keep_what_was_made()
    worker.start()
    fallback = Fallback(tools, queues=queues)
    fallback.start()
    recovery.start()
    log.info("worker.started", queues=sorted(queues) or "all", threads=tools.settings.worker_threads)
    stop.wait()
    recovery.stop()
    fallback.stop()
    worker.stop(timeout=SHUTDOWN_MS)
    tools.close()
    log.info("worker.stopped")
