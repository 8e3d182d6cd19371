"""How many requests of intake a web process works on at once, so that review and results always have room."""

import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio

from pipeline.errors import Overloaded

QUEUE: Final = 32
PATIENCE_SECONDS: Final = 5.0
RETRY_AFTER_SECONDS: Final = 2
_LOOK_SECONDS: Final = 0.02


class Seats:
    """So many seats, and a short queue for them. Who waits holds no thread and no connection to the database."""

    def __init__(self, count: int, *, queue: int = QUEUE, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._free, self._places, self._patience = count, queue, patience_seconds
        self._lock = threading.Lock()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """A seat for the length of the block. Raises Overloaded where the queue is full, or no seat came free in time."""
        if not self._sit():
            await self._wait()
        try:
            yield
        finally:
            self._change(seats=1)

    async def _wait(self) -> None:
        with self._lock:
            if self._places == 0:
                raise _busy()
            self._places -= 1
        deadline = time.monotonic() + self._patience
        try:
            while not self._sit():
                if time.monotonic() >= deadline:
                    raise _busy()
                await anyio.sleep(_LOOK_SECONDS)
        finally:
            self._change(places=1)

    def _sit(self) -> bool:
        with self._lock:
            seated = self._free > 0
            self._free -= seated
        return seated

    def _change(self, *, seats: int = 0, places: int = 0) -> None:
        with self._lock:
            self._free += seats
            self._places += places


def _busy() -> Overloaded:
    return Overloaded(
        "More submissions and uploads arrive at once than can be taken in. Nothing was done. "
        "Repeat the request with the same Idempotency-Key after the time in Retry-After.",
        retry_after_seconds=RETRY_AFTER_SECONDS,
    )
