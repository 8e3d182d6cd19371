"""What a caller's allowance looks like in an answer (draft-ietf-httpapi-ratelimit-headers)."""

from collections.abc import Mapping
from typing import Final

from pipeline.kernel.rate_limits import Allowance

POLICY: Final = "RateLimit-Policy"
LEFT: Final = "RateLimit"


def headers(allowance: Allowance | None) -> Mapping[str, str]:
    """The rule, and what is left of it; nothing where nobody counted."""
    if allowance is None:
        return {}
    return {
        POLICY: f'"key";q={allowance.limit};w={allowance.window_seconds}',
        LEFT: f'"key";r={allowance.left};t={allowance.seconds}',
    }
