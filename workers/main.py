"""The worker process: one dramatiq worker in one process, ended by SIGTERM or SIGINT. Start as many as there are cores."""

import signal
import threading
from collections.abc import Collection
from typing import Final

import structlog
from dramatiq import Worker

from config import freeze_startup_objects
from config.container import Container
from pipeline.inspection.downloads import forget_left_behind
from pipeline.inspection.sandbox import SandboxUnavailable
from pipeline.intake.parked import park_bytes
from pipeline.kernel.errors import Misconfigured
from pipeline.tasks.rules import INSPECT
from workers import actors, intake
from workers.consumer import consumer_class
from workers.fallback import Fallback
from workers.heartbeat import Heartbeat
from workers.recovery import Recovery

log = structlog.get_logger()

PICK_UP_MS: Final = 250
"""The longest pause between two fetches from an empty queue. An idle worker finds a hint within this time; a shorter pause costs
processor time."""
SHUTDOWN_MS: Final = 30_000
FETCHED_FOR_EACH_THREAD: Final = 2
DELAYED_FOR_EACH_THREAD: Final = 50
"""How many messages of the queue door a worker keeps for a later try."""


def prepare(tools: Container) -> None:
    """Declare every actor on the container's broker, and park the invalid messages of its queue door."""
    actors.declare(tools)
    intake.declare(tools)

    def park(raw: bytes, reason: str) -> None:
        park_bytes(raw, reason=reason, db=tools.db)

    tools.broker.consumer = consumer_class(park, frozenset({intake.ACTOR}))


def build_worker(tools: Container, *, queues: Collection[str] = ()) -> Worker:
    """The worker of this process. It fetches few messages ahead, since no other worker can take them then.

    dramatiq reads the prefetch from its own environment variables; here it follows from the number of threads.
    """
    threads = tools.settings.worker_threads
    worker = Worker(tools.broker, queues=set(queues) or None, worker_timeout=PICK_UP_MS, worker_threads=threads)
    worker.queue_prefetch = FETCHED_FOR_EACH_THREAD * threads
    worker.delay_prefetch = DELAYED_FOR_EACH_THREAD * threads
    return worker


def run(tools: Container, *, queues: Collection[str] = ()) -> None:
    """Work until SIGTERM or SIGINT, then finish what is under way. Raises Misconfigured where files cannot be opened safely."""
    protections = _protections(tools) if not queues or INSPECT.queue in queues else ()
    prepare(tools)
    forget_left_behind()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker = build_worker(tools, queues=queues)
    recovery = Recovery(tools)
    heartbeat = Heartbeat(tools)
    freeze_startup_objects()
    heartbeat.start()
    worker.start()
    fallback = Fallback(tools, queues=queues)
    fallback.start()
    recovery.start()
    tools.put_policy_in_force("worker")
    log.info(
        "worker.started",
        queues=sorted(queues) or "all",
        threads=tools.settings.worker_threads,
        sandbox=tools.settings.sandbox,
        protections=protections,
    )
    stop.wait()
    recovery.stop()
    fallback.stop()
    worker.stop(timeout=SHUTDOWN_MS)
    heartbeat.stop()
    tools.close()
    log.info("worker.stopped")


def _protections(tools: Container) -> tuple[str, ...]:
    """What confines the processes that open files. Asked before the first task is taken."""
    try:
        return tools.inspector.protections()
    except SandboxUnavailable as error:
        raise Misconfigured(str(error)) from error
