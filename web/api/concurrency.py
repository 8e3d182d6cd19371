"""How many requests of intake a web process works on at once, so that review and results always have threads and connections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import BoundedSemaphore
from typing import Final

from starlette.concurrency import run_in_threadpool

from pipeline.kernel.errors import Overloaded

QUEUE: Final = 16
"""How many requests may wait. Each that waits holds a thread, and the pool has 40."""
PATIENCE_SECONDS: Final = 5.0
RETRY_AFTER_SECONDS: Final = 2


class IntakeLimit:
    """At most `count` requests at once. `queue` others may wait, each for at most `patience_seconds`."""

    def __init__(self, count: int, *, queue: int = QUEUE, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._working, self._waiting = BoundedSemaphore(count), BoundedSemaphore(queue)
        self._patience = patience_seconds

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Count the block as one of the requests. Raises Overloaded."""
        if not (self._working.acquire(blocking=False) or await self._waited()):
            raise Overloaded(
                "More submissions and uploads arrive at once than can be taken in. Nothing was done. "
                "Repeat the request with the same Idempotency-Key after the time in Retry-After.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )
        try:
            yield
        finally:
            self._working.release()

    async def _waited(self) -> bool:
        """Wait for another request to end; whether one did in time."""
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return await run_in_threadpool(self._working.acquire, timeout=self._patience)
        finally:
            self._waiting.release()
