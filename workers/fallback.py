"""Takes due tasks from the ledger while the broker is away or takes no work, so that work goes on."""

import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final

import structlog

from config.broker import build_broker
from config.container import Container
from pipeline.kernel.errors import BrokerUnavailable, RetryableError
from pipeline.tasks.relay import due_tasks
from pipeline.tasks.rules import KINDS
from workers.actors import PRIORITY, perform

log = structlog.get_logger()

POLL_SECONDS: Final = 1.0
HINT_PAUSE_SECONDS: Final = 3.0
"""How long this process sends no hints after the broker took no work; longer than the time until it is asked again."""


class Fallback(threading.Thread):
    """Polls the ledger for due tasks while the broker does not answer, or is full or read-only. Of several workers that poll, one gets a task's claim.

    It takes as many tasks at a time as the worker has threads, by the same priorities as the broker's queues.
    """

    def __init__(self, tools: Container, *, queues: Collection[str]) -> None:
        super().__init__(name="fallback", daemon=True)
        self._tools = tools
        mine = [kind for kind in KINDS.values() if not queues or kind.queue in queues]
        self._kinds = [kind.name for kind in sorted(mine, key=lambda kind: PRIORITY[kind.queue])]
        self._count = tools.settings.worker_threads
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="fallback")
        self._broker = build_broker(tools.settings.broker_url, middleware=[], patient=False)
        self._stopping = threading.Event()
        self._polling = False

    def run(self) -> None:
        """Ask the broker once a second. While it takes no work, do due tasks, without a pause as long as all threads are busy."""
        pause = POLL_SECONDS
        while not self._stopping.wait(pause):
            pause = POLL_SECONDS
            if self._broker_takes_work():
                continue
            try:
                pause = 0.0 if self.do_due() == self._count else POLL_SECONDS
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
        """Do a due task on each thread. Returns how many were due."""
        due = due_tasks(self._tools.db, self._kinds, limit=self._count)
        begun = [self._threads.submit(perform, KINDS[kind], task_id, self._tools) for kind, task_id in due]
        wait(begun)
        for each in begun:
            each.result()
        return len(due)

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
