"""How many requests one caller may make in a while, counted in the broker, which every process shares."""

import math
import time
from dataclasses import dataclass
from typing import Any, Final

import structlog
from redis.exceptions import RedisError

from pipeline.kernel.errors import Overloaded

log = structlog.get_logger()

PAUSE_SECONDS: Final = 1.0
"""How long nobody counts after the broker failed: requests then pass, and do not wait for a dead broker."""

_PREFIX: Final = "proofdesk:rate:"
_COUNT: Final = """
local used = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {used, left}
"""


class RateLimited(Overloaded):
    """The caller has made as many requests as one may in a while. Nothing was done."""

    code = "rate_limited"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller still has of `limit` requests in `window_seconds`: `left`, and in how many seconds it begins anew."""

    limit: int
    window_seconds: int
    left: int
    seconds: int


class RateLimits:
    """Counts requests by caller. One for each process; safe for threads. `client` speaks to the broker."""

    def __init__(self, client: Any, *, limit: int, window_seconds: int) -> None:
        self._limit, self._window = limit, window_seconds
        self._count = client.register_script(_COUNT)
        self._silent_until = 0.0

    def counted(self, caller: str) -> tuple[Allowance | None, bool]:
        """Count a request: what its caller has left after it, and whether it is one too many. None, and it passes, without a broker."""
        if time.monotonic() < self._silent_until:
            return None, False
        try:
            used, milliseconds = self._count(keys=[_PREFIX + caller], args=[self._window * 1000])
        except (RedisError, OSError) as error:
            self._silent_until = time.monotonic() + PAUSE_SECONDS
            log.warning("rate.not_counted", error=type(error).__name__)
            return None, False
        seconds = max(1, math.ceil(milliseconds / 1000))
        return Allowance(self._limit, self._window, max(0, self._limit - used), seconds), used > self._limit


def refused(allowance: Allowance) -> RateLimited:
    """What the caller of one request too many is told."""
    return RateLimited(
        f"A key may make {allowance.limit} requests in {allowance.window_seconds} seconds. Nothing was done. "
        "Repeat the request with the same Idempotency-Key after the time in Retry-After.",
        retry_after_seconds=allowance.seconds,
    )
