"""A limit of requests per caller and time window, counted in the broker, so that all processes share the count."""

import math
import time
from dataclasses import dataclass
from typing import Any, Final

import structlog
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from pipeline.kernel.errors import Overloaded

log = structlog.get_logger()

PAUSE_SECONDS: Final = 1.0
"""How long nobody counts after the broker failed: requests then pass, and do not wait for a broker that is away."""

_PREFIX: Final = "proofdesk:rate"


class RateLimited(Overloaded):
    """The caller has made as many requests as the limit allows in a time window. Nothing was done."""

    code = "rate_limited"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller still has of `limit` requests in `window_seconds`: `left`, and in how many seconds there is more."""

    limit: int
    window_seconds: int
    left: int
    seconds: int


class RateLimits:
    """Counts requests by caller in a sliding window. One for each process; safe for threads.

    It shares the connections of `client`, which speaks to the broker. The broker counts and refuses in one atomic step.
    """

    def __init__(self, client: Any, *, limit: int, window_seconds: int) -> None:
        storage = RedisStorage("redis://", connection_pool=client.connection_pool, key_prefix=_PREFIX)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._rule = RateLimitItemPerSecond(limit, window_seconds)
        self._silent_until = 0.0

    def counted(self, caller: str) -> tuple[Allowance | None, bool]:
        """Count a request: what its caller has left after it, and whether it is one too many. None, and it passes, without a broker."""
        if time.monotonic() < self._silent_until:
            return None, False
        try:
            passes = self._limiter.hit(self._rule, caller)
            window = self._limiter.get_window_stats(self._rule, caller)
        except (RedisError, OSError) as error:
            self._silent_until = time.monotonic() + PAUSE_SECONDS
            log.warning("rate.not_counted", error=type(error).__name__)
            return None, False
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        return Allowance(self._rule.amount, self._rule.get_expiry(), window.remaining, seconds), not passes


def refused(allowance: Allowance) -> RateLimited:
    """The error for one request too many."""
    return RateLimited(
        f"A key may make {allowance.limit} requests in {allowance.window_seconds} seconds. Nothing was done. "
        "Repeat the request with the same Idempotency-Key after the time in Retry-After.",
        retry_after_seconds=allowance.seconds,
    )
