"""Takes due tasks from the ledger while the broker is away or takes no work, so that work goes on."""

import threading
import time
from collections import Counter
from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

import structlog

from config.broker import build_broker
from config.container import Container
from pipeline.kernel.errors import BrokerUnavailable, RetryableError
from pipeline.tasks.relay import due_of_each
from pipeline.tasks.rules import KINDS
from workers.actors import PRIORITY, perform

log = structlog.get_logger()

POLL_SECONDS: Final = 1.0
HINT_PAUSE_SECONDS: Final = 3.0
"""How long this process sends no hints after the broker took no work; longer than the time until it is asked again."""
SLOW_SECONDS: Final = 2.0
"""A task that takes longer gives its place to others: it waits for something, and they need not wait with it."""


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A task that a thread does."""

    kind: str
    task_id: str
    begun_at: float

    @property
    def is_slow(self) -> bool:
        return time.monotonic() - self.begun_at >= SLOW_SECONDS


class Fallback(threading.Thread):
    """Polls the ledger for due tasks while the broker does not answer, or is full or read-only. Of several workers that poll, one gets a task's claim.

    Each kind gets its share: of the kinds with least under way the one goes first that has the broker's higher priority. As many
    tasks run at a time as the worker has threads, besides slow ones, of which each kind has no more than that.
    """

    def __init__(self, tools: Container, *, queues: Collection[str]) -> None:
        super().__init__(name="fallback", daemon=True)
        self._tools = tools
        mine = [kind for kind in KINDS.values() if not queues or kind.queue in queues]
        self._kinds = [kind.name for kind in sorted(mine, key=lambda kind: PRIORITY[kind.queue])]
        self._count = tools.settings.worker_threads
        self._threads = ThreadPoolExecutor(self._count * (len(self._kinds) + 1), thread_name_prefix="fallback")
        self._under_way: dict[Future[None], _UnderWay] = {}
        self._broker = build_broker(tools.settings.broker_url, middleware=[], patient=False)
        self._stopping = threading.Event()
        self._polling = False

    def run(self) -> None:
        """Ask the broker once a second. While it takes no work, do due tasks, each as soon as there is a place for it."""
        pause = POLL_SECONDS
        while not self._stopping.wait(pause):
            pause = POLL_SECONDS
            if self._broker_takes_work():
                continue
            try:
                pause = 0.0 if self._work_until(time.monotonic() + POLL_SECONDS) else POLL_SECONDS
            except RetryableError as error:
                log.warning("fallback.waiting", error=str(error))
            except Exception:
                log.exception("fallback.failed")

    def stop(self) -> None:
        """Stop when the present tasks have ended."""
        self._stopping.set()
        self.join()
        self._threads.shutdown()
        self._broker.close()

    def do_due(self) -> int:
        """Do what is due and has a place now, to its end. Returns how many tasks."""
        begun = self.begin()
        wait(begun)
        self._ended()
        return len(begun)

    def begin(self) -> list[Future[None]]:
        """Begin what is due and has a place. Raises DatabaseUnavailable."""
        self._ended()
        running = Counter(each.kind for each in self._under_way.values())
        quick = sum(not each.is_slow for each in self._under_way.values())
        places = {kind: self._count - running[kind] for kind in self._kinds if running[kind] < self._count}
        if quick >= self._count or not places:
            return []
        here = {each.task_id for each in self._under_way.values()}
        due = due_of_each(self._tools.db, list(places), limit=self._count + len(here))
        waiting = [(kind, task_id) for kind, task_id in due if task_id not in here]
        return [self._start(kind, task_id) for kind, task_id in self._fair(waiting, running)[: self._count - quick]]

    def _fair(self, due: list[tuple[str, str]], running: Counter[str]) -> list[tuple[str, str]]:
        """In the order in which they get places: by how many of their kind are before them, then by priority; at most so many of a kind."""
        before = Counter(running)
        placed: list[tuple[int, int, tuple[str, str]]] = []
        for kind, task_id in due:
            if before[kind] < self._count:
                placed.append((before[kind], self._kinds.index(kind), (kind, task_id)))
            before[kind] += 1
        return [each for *_, each in sorted(placed, key=lambda found: found[:2])]

    def _start(self, kind: str, task_id: str) -> Future[None]:
        begun = self._threads.submit(perform, KINDS[kind], task_id, self._tools)
        self._under_way[begun] = _UnderWay(kind, task_id, time.monotonic())
        return begun

    def _ended(self) -> None:
        """Forget what has ended; a fault that the ledger could not record is logged."""
        for each in [each for each in self._under_way if each.done()]:
            under_way = self._under_way.pop(each)
            if (error := each.exception()) is not None:
                log.warning("fallback.waiting", task_id=under_way.task_id, error=str(error))

    def _work_until(self, deadline: float) -> bool:
        """Begin tasks as places become free, until the deadline. False where nothing more is due before it."""
        while not self._stopping.is_set() and (left := deadline - time.monotonic()) > 0:
            begun = self.begin()
            quick = [each for each, of in self._under_way.items() if not of.is_slow]
            if not begun and not quick:
                return False
            wait(quick, timeout=min(left, SLOW_SECONDS), return_when=FIRST_COMPLETED)
        return True

    def _broker_takes_work(self) -> bool:
        try:
            self._broker.require_work_taken()
        except BrokerUnavailable as error:
            if not self._polling:
                log.warning("broker.away", error=str(error))
            self._polling = True
            self._tools.hints.pause(HINT_PAUSE_SECONDS)
            return False
        if self._polling:
            log.info("broker.back")
        self._polling = False
        return True
