"""How many requests of intake a web process works on at once, so that review and results always have threads and connections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import BoundedSemaphore
from typing import Final

from starlette.concurrency import run_in_threadpool

from pipeline.kernel.errors import Overloaded

QUEUE: Final = 16
"""How many requests may wait. Each holds one of the pool's 40 threads."""
PATIENCE_SECONDS: Final = 5.0
RETRY_AFTER_SECONDS: Final = 2


class IntakeLimit:
    """Lets `count` requests in at once, and `queue` others wait for that, for `patience_seconds` at most."""

    def __init__(self, count: int, *, queue: int = QUEUE, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._working, self._waiting = BoundedSemaphore(count), BoundedSemaphore(queue)
        self._patience = patience_seconds

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Within the limit for the length of the block. Raises Overloaded."""
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
        """Whether the request got in after a wait."""
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return await run_in_threadpool(self._working.acquire, timeout=self._patience)
        finally:
            self._waiting.release()
