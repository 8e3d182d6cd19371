import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Final

from pipeline.kernel.errors import PermanentError, Problem
from pipeline.policy.sign_in import SignIn

LONGEST_PASSWORD: Final = 1024
_DISTINCT: Final = 5
"""A password of fewer different characters than these is soon guessed, however long it is."""


class SignInRefused(PermanentError):
    """The name and what was to prove it do not fit. Which of them was wrong is not told."""

    code = "sign_in_refused"


class TooManyTries(PermanentError):
    """So many tries failed that the next one has to wait, the right one too."""

    code = "too_many_tries"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Too many tries failed. Wait {in_words(seconds)}, then try again.")


@dataclass(frozen=True, slots=True)
class Tries:
    """Failed tries in a row: how many, when the last one was, and until when the next one has to wait."""

    failed: int
    last_at: datetime
    paused_until: datetime


def counted(before: Tries | None, *, free: int, now: datetime, rules: SignIn) -> Tries:
    """The count with one more try, which is to be stored before the try is looked at. Raises TooManyTries during a pause."""
    if before is not None and now < before.paused_until:
        raise TooManyTries(ceil((before.paused_until - now).total_seconds()))
    fresh = before is None or now >= before.last_at + timedelta(hours=rules.forget_hours)
    failed = 1 if fresh or before is None else before.failed + 1
    return Tries(failed, now, now + timedelta(seconds=pause_after(failed, free=free, rules=rules)))


def pause_after(failed: int, *, free: int, rules: SignIn) -> int:
    """Seconds to wait after so many failed tries in a row, of which some are free."""
    over = failed - free
    return 0 if over < 0 else min(rules.longest_pause_seconds, rules.first_pause_seconds * 2 ** min(over, 20))


def prepared(password: str) -> str:
    """A password as it is hashed: the same characters however a keyboard composes them (NFKC, as NIST SP 800-63B asks)."""
    return unicodedata.normalize("NFKC", password)


def password_problems(password: str, *, reviewer_id: str, rules: SignIn) -> Iterator[Problem]:
    """What makes a new password too weak, in words."""
    written = prepared(password)
    if len(written) < rules.password_length:
        yield _weak("password_too_short", f"Use at least {rules.password_length} characters; a few words will do.")
    if len(password) > LONGEST_PASSWORD or len(written) > LONGEST_PASSWORD:
        yield _weak("password_too_long", f"Use at most {LONGEST_PASSWORD} characters.")
    if len(set(written.casefold())) < _DISTINCT:
        yield _weak("password_too_simple", f"Use at least {_DISTINCT} different characters.")
    if reviewer_id.casefold() in written.casefold():
        yield _weak("password_has_name", "Leave your name out of the password.")


def of_account(name: str) -> str:
    """Under which the tries of an account are counted; nothing that can be read as a name."""
    return "account:" + hashlib.sha256(name.strip().casefold().encode()).hexdigest()


def of_address(address: str) -> str:
    """Under which the tries from an address are counted: an IPv6 customer has a whole network, so its first 64 bits count."""
    return "address:" + hashlib.sha256(_network(address).encode()).hexdigest()


def own_page(asked: str | None, *, default: str) -> str:
    """Where to go after signing in: a path of ours that was asked for, never another site's address."""
    path = asked or ""
    known = path == "/console" or path.startswith("/console/")
    ours = known and not path.startswith("/console/sign-") and "\\" not in path and path.isprintable()
    return path if ours else default


def in_words(seconds: int) -> str:
    """A pause as a person reads it."""
    minutes = -(-seconds // 60)
    if seconds < 60:  # noqa: PLR2004  (a minute)
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def _network(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((known.packed[:8] + bytes(8), 64))) if known.version == 6 else str(known)  # noqa: PLR2004


def _weak(code: str, message: str) -> Problem:
    return Problem("new_password", code, message)
