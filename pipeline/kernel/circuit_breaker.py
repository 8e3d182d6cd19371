import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import structlog
from pybreaker import (
    STATE_CLOSED,
    STATE_OPEN,
    CircuitBreaker,
    CircuitBreakerError,
    CircuitBreakerListener,
    CircuitBreakerState,
    CircuitMemoryStorage,
)

from pipeline.kernel.errors import RetryableError

log = structlog.get_logger()

FAILURES: Final = 3
PAUSE_SECONDS: Final = 5.0


class Circuit:
    """Closed: calls pass. After `failures` in a row it opens: calls are refused until `pause_seconds` are over.

    Then one call is let through; if that succeeds the circuit closes. Only the errors in `away` are failures: anything else is an
    answer. One for each dependency and process; safe for threads.

    pybreaker's `call` holds its lock for the whole call, so that one slow call would stop all the others. Its `calling` does not, but
    lets everybody through while it is half open. Hence the lock for the one trial here.
    """

    def __init__(
        self,
        dependency: str,
        *,
        away: tuple[type[RetryableError], ...],
        refusal: type[RetryableError],
        failures: int = FAILURES,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self.dependency = dependency
        self._away, self._refusal, self._pause = away, refusal, pause_seconds
        self._trial = threading.Lock()
        self._memory = CircuitMemoryStorage(STATE_CLOSED)
        self._last_error = ""
        self._breaker = CircuitBreaker(
            fail_max=failures,
            reset_timeout=pause_seconds,
            exclude=[self._is_an_answer],
            listeners=[_StateLog()],
            state_storage=self._memory,
            name=dependency,
            throw_new_error_on_trip=False,
        )

    @property
    def is_closed(self) -> bool:
        """Whether calls pass."""
        return self._breaker.current_state == STATE_CLOSED

    @property
    def seconds_left(self) -> float:
        """Until the next call is let through; 0 where one is now."""
        opened_at = self._memory.opened_at
        if self.is_closed or opened_at is None:
            return 0.0
        return max(0.0, self._pause - (datetime.now(UTC) - opened_at).total_seconds())

    @contextmanager
    def calling(self) -> Iterator[None]:
        """A call to the dependency is made in this block. Raises the circuit's refusal where none is let through."""
        if self.is_closed:
            with self._counted():
                yield
            return
        if not self._trial.acquire(blocking=False):
            raise self._refused()
        try:
            with self._counted():
                yield
        finally:
            self._trial.release()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            with self._breaker.calling():
                yield
        except CircuitBreakerError:
            raise self._refused() from None
        except self._away as error:
            self._last_error = str(error)
            raise

    def _refused(self) -> RetryableError:
        seconds = max(1, round(self.seconds_left))
        return self._refusal(
            f"The circuit is open: the {self.dependency} failed several times in a row. Next try in {seconds} s. {self._last_error}".strip(),
            retry_after_seconds=seconds,
        )

    def _is_an_answer(self, error: BaseException) -> bool:
        """Whether the dependency is there. An interrupt (a time limit, say) proves nothing, and counts against it."""
        return isinstance(error, Exception) and not isinstance(error, self._away)


class _StateLog(CircuitBreakerListener):
    """Logs when a circuit opens and when it closes."""

    def state_change(
        self, cb: CircuitBreaker, old_state: CircuitBreakerState | None, new_state: CircuitBreakerState
    ) -> None:
        """A failed trial opens the circuit again, which is not logged."""
        was_closed = old_state is not None and old_state.name == STATE_CLOSED
        if new_state.name == STATE_OPEN and was_closed:
            log.warning("circuit.opened", dependency=cb.name, failures=cb.fail_counter)
        elif new_state.name == STATE_CLOSED:
            log.info("circuit.closed", dependency=cb.name)
