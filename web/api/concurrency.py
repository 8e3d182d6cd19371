"""How many requests of intake a web process works on at once, so that review and results always have room."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Final

from pipeline.kernel.errors import Overloaded

QUEUE: Final = 32
PATIENCE_SECONDS: Final = 5.0
RETRY_AFTER_SECONDS: Final = 2


class Seats:
    """So many seats, and a short queue for them: first come, first seated. Who waits holds no thread and no connection."""

    def __init__(self, count: int, *, queue: int = QUEUE, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._free, self._places, self._patience = count, queue, patience_seconds
        self._waiting: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """A seat for the length of the block. Raises Overloaded where the queue is full, or no seat came free in time."""
        if (turn := self._turn()) is not None:
            await self._wait(turn)
        try:
            yield
        finally:
            self._pass_on()

    def _turn(self) -> Future[None] | None:
        """A place in the queue; None where a seat was free, and is taken now."""
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            if len(self._waiting) == self._places:
                raise _busy()
            turn: Future[None] = Future()
            self._waiting.append(turn)
            return turn

    async def _wait(self, turn: Future[None]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await asyncio.wrap_future(turn)
        except TimeoutError:
            self._leave(turn)
            raise _busy() from None
        except BaseException:
            self._leave(turn)
            raise

    def _leave(self, turn: Future[None]) -> None:
        """Out of the queue; whoever got a seat at this very moment has it no longer."""
        with self._lock:
            has_a_seat = turn.done() and not turn.cancelled()
            if turn in self._waiting:
                self._waiting.remove(turn)
        if has_a_seat:
            self._pass_on()

    def _pass_on(self) -> None:
        """Give the seat to who has waited longest."""
        with self._lock:
            while self._waiting:
                turn = self._waiting.popleft()
                if turn.set_running_or_notify_cancel():
                    turn.set_result(None)
                    return
            self._free += 1


def _busy() -> Overloaded:
    return Overloaded(
        "More submissions and uploads arrive at once than can be taken in. Nothing was done. "
        "Repeat the request with the same Idempotency-Key after the time in Retry-After.",
        retry_after_seconds=RETRY_AFTER_SECONDS,
    )
