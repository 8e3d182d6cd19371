"""The topic of Amazon SNS that we listen to, and how Amazon is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from pipeline.kernel.errors import RetryableError

FetchFromAmazon = Callable[[str], bytes]
"""Gets an address of Amazon's. Raises RetryableError."""

TIMEOUT_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Topic:
    """The one topic that we listen to, and how certificates are fetched."""

    arn: str | None
    fetch: FetchFromAmazon


def fetch_from_amazon(address: str) -> bytes:
    """The body at an address that was held against Amazon's hosts before. Raises RetryableError."""
    try:
        return httpx.get(address, timeout=TIMEOUT_SECONDS, follow_redirects=False).raise_for_status().content
    except httpx.HTTPError as error:
        raise RetryableError("Amazon SNS cannot be reached.") from error
