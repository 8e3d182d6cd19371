"""Threads for what waits for other services' endpoints, so that no thread of the worker ever does."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import dramatiq
import structlog

from pipeline.kernel.errors import RetryableError

log = structlog.get_logger()

WAITING_FOR_EACH_THREAD: Final = 50
"""More hints than this are dropped. The relay sends them again, and mostly their tasks have ended by then: one task sends for all."""


class Apart(dramatiq.Middleware):
    """A pool of threads beside the worker's own. It ends with the worker: what is under way is finished, what waits is hinted again."""

    def __init__(self, threads: int) -> None:
        self._room = threading.BoundedSemaphore(threads * (1 + WAITING_FOR_EACH_THREAD))
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="apart")

    def do(self, work: Callable[[], None]) -> bool:
        """Do it on one of these threads, soon. False where too much waits already, or the worker ends."""
        if not self._room.acquire(blocking=False):
            return False
        try:
            self._pool.submit(_logged, work).add_done_callback(lambda _: self._room.release())
        except RuntimeError:  # the worker ends
            self._room.release()
            return False
        return True

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: Any) -> None:
        """Begin nothing more. What is under way goes on while the worker's own threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: Any) -> None:
        """Wait for what is under way."""
        self._pool.shutdown(wait=True)


def _logged(work: Callable[[], None]) -> None:
    try:
        work()
    except RetryableError as away:
        log.warning("apart.waiting", error=str(away))
    except Exception:
        log.exception("apart.failed")
