"""Rates of currencies from a file beside the policy, which is read again whenever it has changed: no process starts anew for a rate."""

import threading
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import structlog
from pydantic import ValidationError

from pipeline.kernel.errors import Misconfigured
from pipeline.policy import Policy
from pipeline.policy.spend import Rate, Spend
from pipeline.policy.spend_feed import RatesFeed

log = structlog.get_logger()

Seen = tuple[int, int, int]
"""By what a file is known to have changed: time, length and inode."""


class RatesFile:
    """The policy with the rates of a file, which come before the policy's own of the same currency and day.

    A file that cannot be read, or is not valid, changes nothing: the last good one holds, and the log says why.
    """

    def __init__(self, path: Path, policy: Policy) -> None:
        self._path, self._policy = path, policy
        self._lock = threading.Lock()
        self._seen: Seen | None = None
        self._rated = policy

    def present(self) -> Policy:
        """The policy with the rates of now."""
        with self._lock:
            seen = self._look()
            if seen is not None and seen != self._seen:
                self._seen = seen
                self._load()
            return self._rated

    def check(self) -> int:
        """How many rates the file has. Raises Misconfigured."""
        feed = _feed(self._path, self._policy.spend)
        return sum(map(len, feed.rates.values()))

    def _look(self) -> Seen | None:
        try:
            found = self._path.stat()
        except OSError as error:
            log.error("rates.unreadable", error=type(error).__name__)  # noqa: TRY400  (a trace says no more)
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _load(self) -> None:
        try:
            feed = _feed(self._path, self._policy.spend)
        except Misconfigured as error:
            log.error("rates.unreadable", error=str(error))  # noqa: TRY400  (a trace says no more)
            return
        spend = self._policy.spend.model_copy(update={"rates": _merged(self._policy.spend, feed)})
        self._rated = self._policy.model_copy(update={"spend": spend})
        log.info("rates.loaded", currencies=len(feed.rates))


def _feed(path: Path, spend: Spend) -> RatesFeed:
    """What the file says. Raises Misconfigured."""
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        feed = RatesFeed.model_validate(data)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"The rates in {path} cannot be read: {error}") from error
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise Misconfigured(f"The rates in {path} are not valid: {places}") from error
    if feed.base_currency != spend.base_currency:
        raise Misconfigured(
            f"The rates in {path} are in {feed.base_currency}; the policy counts in {spend.base_currency}."
        )
    return feed


def _merged(spend: Spend, feed: RatesFeed) -> Mapping[str, tuple[Rate, ...]]:
    merged: dict[str, tuple[Rate, ...]] = dict(spend.rates)
    for currency, rates in feed.rates.items():
        by_day = {each.since: each for each in (*spend.rates.get(currency, ()), *rates)}
        merged[currency] = tuple(by_day[day] for day in sorted(by_day))
    return merged
