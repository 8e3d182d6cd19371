"""How tries to sign in are counted and slowed down, without letting one person keep another one out. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Self

from pipeline.kernel.errors import PermanentError
from pipeline.kernel.rules.networks import network_of
from pipeline.policy.sign_in import SignIn


class TooManyTries(PermanentError):
    """So many tries failed that the next one has to wait, the right one too."""

    code = "too_many_tries"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Too many tries failed. Wait {in_words(seconds)}, then try again.")

    @classmethod
    def until(cls, end: datetime, *, now: datetime) -> Self:
        """The error for a try that has to wait until then."""
        return cls(ceil((end - now).total_seconds()))


@dataclass(frozen=True, slots=True)
class Tries:
    """Failed tries in a row: how many, when the last one was, and until when the next one has to wait."""

    failed: int
    last_at: datetime
    paused_until: datetime

    def pauses(self, now: datetime) -> bool:
        """Whether a try has to wait."""
        return now < self.paused_until


@dataclass(frozen=True, slots=True)
class Device:
    """A browser in which a person has signed in before: whose account, and a random name of the device."""

    reviewer_id: str
    id: str


@dataclass(frozen=True, slots=True)
class Guess:
    """A try to be counted: which account was named, from which network address, and what shows that its owner may be there."""

    name: str
    address: str
    device: Device | None = None
    signed_in: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it comes from where the account's owner is, or has been, signed in."""
        return self.signed_in or (self.device is not None and self.device.reviewer_id == self.name.strip())

    @property
    def counts(self) -> tuple[str, ...]:
        """Under which it is counted: a known device or person by itself, else the account, and the account from this network."""
        if self.signed_in:
            return (_of("signed-in", _account(self.name)),)
        if self.device is not None and self.is_known:
            return (_of("device", self.device.id),)
        return _of("account", _account(self.name)), _of("from", _account(self.name), network_of(self.address))

    @property
    def turn(self) -> str:
        """Under which a turn is kept that was promised to this network for this account."""
        return _of("turn", _account(self.name), network_of(self.address))

    @property
    def caller(self) -> str:
        """Who is at work, where the work of checking passwords is shared out."""
        return _of("at", network_of(self.address))


def wait_before(guess: Guess, before: Mapping[str, Tries], *, now: datetime) -> datetime | None:
    """Until when a try has to wait; None where it is checked now. `before` has the tries that were counted, by what they count for.

    A stranger whose own network has failed too often waits for that. Else, where others have failed at this account, a stranger
    waits once: a turn is promised, and others who go on failing do not put it off.
    """
    *shared, own = (before.get(whose) for whose in guess.counts)
    if own is not None and own.pauses(now):
        return own.paused_until
    paused = next((each for each in shared if each is not None and each.pauses(now)), None)
    if paused is None:
        return None
    turn = before.get(guess.turn, paused)
    return turn.paused_until if turn.pauses(now) else None


def counted(before: Tries | None, *, now: datetime, rules: SignIn) -> Tries:
    """The count with one more try, which is to be stored before the try is checked."""
    fresh = before is None or now >= before.last_at + timedelta(hours=rules.forget_hours)
    failed = 1 if fresh or before is None else before.failed + 1
    return Tries(failed, now, now + timedelta(seconds=pause_after(failed, rules=rules)))


def pause_after(failed: int, *, rules: SignIn) -> int:
    """Seconds to wait after so many failed tries in a row, of which the first ones are free."""
    over = failed - rules.tries_per_account
    return 0 if over < 0 else min(rules.longest_pause_seconds, rules.first_pause_seconds * 2 ** min(over, 20))


def in_words(seconds: int) -> str:
    """A pause as a person reads it."""
    minutes = -(-seconds // 60)
    if seconds < 60:  # noqa: PLR2004  (a minute)
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def _account(name: str) -> str:
    return name.strip().casefold()


def _of(kind: str, *parts: str) -> str:
    """What is stored in place of a name or an address: a hash, which nobody can read."""
    return f"{kind}:{hashlib.sha256(repr(parts).encode(errors='replace')).hexdigest()}"
