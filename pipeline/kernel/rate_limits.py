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

_REMEMBERED_SECONDS: Final = 1.0
"""How long a refusal is repeated without asking the broker, so that a flood of requests costs it one question a second."""

_MOST_REMEMBERED: Final = 10_000


class RateLimited(Overloaded):
    """The caller has made as many requests as the limit allows in a time window. Nothing was done."""

    code = "rate_limited"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller still has of `limit` requests in `window_seconds`: `left`, and in how many seconds there is more.

    `by` says what callers are counted by: `key`, or `address` for those without a key.
    """

    limit: int
    window_seconds: int
    left: int
    seconds: int
    by: str = "key"


class RateLimits:
    """Counts requests by caller in a sliding window. One for each process; safe for threads.

    It shares the connections of `client`, which speaks to the broker. The broker counts and refuses in one atomic step.
    """

    def __init__(self, client: Any, *, limit: int, window_seconds: int, by: str = "key") -> None:
        storage = RedisStorage("redis://", connection_pool=client.connection_pool, key_prefix=_PREFIX)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._rule = RateLimitItemPerSecond(limit, window_seconds)
        self._by = by
        self._silent_until = 0.0
        self._refused: dict[str, tuple[float, Allowance]] = {}

    def counted(self, caller: str) -> tuple[Allowance | None, bool]:
        """Count a request: what its caller has left after it, and whether it is one too many. None, and it passes, without a broker."""
        if (known := self._just_refused(caller)) is not None:
            return known, True
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
        allowance = Allowance(self._rule.amount, self._rule.get_expiry(), window.remaining, seconds, self._by)
        if not passes:
            self._remember(caller, allowance)
        return allowance, not passes

    def _just_refused(self, caller: str) -> Allowance | None:
        """What the caller was told a moment ago, where that was a refusal."""
        until, allowance = self._refused.get(caller, (0.0, None))
        return allowance if time.monotonic() < until else None

    def _remember(self, caller: str, allowance: Allowance) -> None:
        if len(self._refused) >= _MOST_REMEMBERED:
            self._refused.clear()
        self._refused[caller] = (time.monotonic() + _REMEMBERED_SECONDS, allowance)


def refused(allowance: Allowance) -> RateLimited:
    """The error for one request too many."""
    limit = f"{allowance.limit} requests in {allowance.window_seconds} seconds. Nothing was done. Repeat the request"
    words = {
        "key": f"A key may make {limit} with the same Idempotency-Key after the time in Retry-After.",
        "address": f"One network address may make {limit} after the time in Retry-After, or send an API key.",
    }
    return RateLimited(words[allowance.by], retry_after_seconds=allowance.seconds)
