import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pipeline.kernel.errors import Overloaded

_PATIENCE_SECONDS: Final = 10
_RETRY_AFTER_SECONDS: Final = 5
_ANYBODY: Final = ""


class Seats:
    """Costly work of which few may be done at once. `queue` others may wait; of one caller `for_each` work and wait at most.

    So whoever asks for more than that is refused, while others still find a place. Each who waits holds a thread of the process.
    """

    def __init__(self, count: int, *, queue: int, for_each: int) -> None:
        self._seats = threading.BoundedSemaphore(count)
        self._most, self._for_each = count + queue, for_each
        self._here: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, caller: str) -> Iterator[None]:
        """Hold a seat; the caller `""` is bounded together with all others only. Raises Overloaded."""
        self._enter(caller)
        try:
            if not self._seats.acquire(timeout=_PATIENCE_SECONDS):
                raise _full()
            try:
                yield
            finally:
                self._seats.release()
        finally:
            self._leave(caller)

    def _enter(self, caller: str) -> None:
        with self._lock:
            too_many = caller != _ANYBODY and self._here[caller] >= self._for_each
            if too_many or self._here.total() >= self._most:
                raise _full()
            self._here[caller] += 1

    def _leave(self, caller: str) -> None:
        with self._lock:
            self._here[caller] -= 1
            if not self._here[caller]:
                del self._here[caller]


def _full() -> Overloaded:
    words = "Many people sign in at this moment. Try again in a few seconds."
    return Overloaded(words, retry_after_seconds=_RETRY_AFTER_SECONDS)
