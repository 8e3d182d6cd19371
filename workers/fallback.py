"""Work goes on while the broker is away: a worker then asks the ledger itself what is due."""

import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final

import structlog
from redis.exceptions import RedisError

from config.broker import build_broker
from config.container import Container
from pipeline.kernel.errors import RetryableError
from pipeline.tasks.relay import due_tasks
from pipeline.tasks.rules import KINDS
from workers.actors import PRIORITY, perform

log = structlog.get_logger()

POLL_SECONDS: Final = 1.0
HUSH_SECONDS: Final = 3.0
"""How long the worker's threads send no hints after each look that found the broker away; longer than until the next look."""


class Fallback(threading.Thread):
    """Polls the ledger for due tasks as long as the broker does not answer. Only one claim wins, whoever else polls too.

    It takes as many tasks at a time as the worker has threads, results before new work, as the broker's queues would.
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
        """Look once a second whether the broker answers, and do what is due while it does not; go on at once while there is more."""
        pause = POLL_SECONDS
        while not self._stopping.wait(pause):
            pause = POLL_SECONDS
            if self._broker_answers():
                continue
            try:
                pause = 0.0 if self.do_due() == self._count else POLL_SECONDS
            except RetryableError as error:
                log.warning("fallback.waiting", error=str(error))
            except Exception:
                log.exception("fallback.failed")

    def stop(self) -> None:
        """Stop after the tasks at hand."""
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

    def _broker_answers(self) -> bool:
        try:
            self._broker.client.ping()
        except (RedisError, OSError) as error:
            if not self._polling:
                log.warning("broker.away", error=type(error).__name__)
            self._polling = True
            self._tools.hints.hush(HUSH_SECONDS)
            return False
        if self._polling:
            log.info("broker.back")
        self._polling = False
        return True
