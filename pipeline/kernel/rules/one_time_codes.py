"""One-time codes that a person copies out of a mail: made at random, kept only as a hash, compared in constant time. Pure."""

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import Field, PositiveInt

from pipeline.kernel.errors import Conflict, Invalid, Problem
from schemas.base import Frozen

_COST: Final = {"n": 2**14, "r": 8, "p": 1}
"""scrypt (RFC 7914): whoever reads the hash can try all digits, but not while the code is still valid."""

_DAY: Final = timedelta(days=1)
_DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2212"


class Codes(Frozen):
    """How long a code is (digits), how long it is valid, how often it may be tried, and how often a new one may be sent."""

    digits: int = Field(ge=6, le=10)
    valid_seconds: PositiveInt
    tries: PositiveInt
    resend_seconds: PositiveInt
    per_day: PositiveInt


class Outcome(StrEnum):
    """The outcome of a try."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    USED_UP = "used_up"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a code that was sent: its hash, until when it is valid, and how many tries it has had."""

    hashed: str
    expires_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Newer:
    """A code that was asked for later and whose mail was not handed over yet.

    `hashed` is its hash once its mail may have left, and `guesses` how often it was compared without counting as a try.
    """

    hashed: str | None = None
    guesses: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """The codes that one person was sent: when the last one left, and how many since the day's count began."""

    last_at: datetime
    day_began_at: datetime
    count: int


class CodeTooSoon(Conflict):
    """A code was sent a moment ago, or too many were sent today."""

    code = "code_too_soon"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"A code was sent already. Another one can be sent in {seconds} seconds.")


class CodeOnItsWay(Conflict):
    """The code has not been sent yet. No try was counted."""

    code = "code_on_its_way"

    def __init__(self) -> None:
        super().__init__("The code has not been sent yet. Wait for the mail; no try was counted.")


class CodeNotAccepted(Conflict):
    """The code does not confirm anything. Raised as one of its kinds."""


class CodeWrong(CodeNotAccepted):
    """Another code was sent; there are tries left."""

    code = "code_wrong"


class CodeExpired(CodeNotAccepted):
    """The code's time is over, or none was sent."""

    code = "code_expired"


class CodeUsedUp(CodeNotAccepted):
    """The code was tried too often."""

    code = "code_used_up"


def as_sent(given: str, rules: Codes) -> str:
    """What was typed as the digits of a code: of any script, without spaces and dashes. Spends no try.

    Raises Invalid for what cannot be a code, such as five digits where a code has six: a slip of the hand is no guess.
    """
    shown = (each for each in unicodedata.normalize("NFKC", given) if not each.isspace() and each not in _DASHES)
    typed = "".join(str(unicodedata.decimal(each, each)) for each in shown)
    if len(typed) == rules.digits and typed.isascii() and typed.isdecimal():
        return typed
    message = f"A code has {rules.digits} digits. Copy it from the mail; no try was counted."
    raise Invalid([Problem("code", "invalid_code", message)])


def make_code(rules: Codes) -> str:
    """A new code of random decimal digits."""
    return "".join(secrets.choice("0123456789") for _ in range(rules.digits))


def hash_code(code: str, *, salt: bytes | None = None) -> str:
    """The stored form of a code: `salt$hash` in hexadecimal, with a new salt unless one is given. Takes about 50 ms."""
    salted = secrets.token_bytes(16) if salt is None else salt
    return f"{salted.hex()}${hashlib.scrypt(code.encode(), salt=salted, **_COST).hex()}"


def is_code(given: str, hashed: str) -> bool:
    """Whether the code is the one that was hashed, compared in constant time. White space is ignored."""
    salt = bytes.fromhex(hashed.partition("$")[0])
    typed = "".join(given.split())
    same = hmac.compare_digest(hash_code(typed, salt=salt), hashed)
    return same and typed.isalnum()  # scrypt takes a code with zero bytes after it for the same one


def kept(code: str, *, now: datetime, rules: Codes) -> Kept:
    """The stored form of a code that is sent now."""
    return Kept(hash_code(code), now + timedelta(seconds=rules.valid_seconds), tries=0)


def tried(code: Kept, given: str, *, now: datetime, rules: Codes) -> Outcome:
    """The outcome of a try. RIGHT and WRONG count as tries; store the count before answering."""
    if now >= code.expires_at:
        return Outcome.EXPIRED
    if code.tries >= rules.tries:
        return Outcome.USED_UP
    return Outcome.RIGHT if is_code(given, code.hashed) else Outcome.WRONG


def tried_of(sent: Kept | None, newer: Newer | None, given: str, *, now: datetime, rules: Codes) -> Outcome:
    """The outcome of a try where `sent` is the latest code whose mail was handed over, and `newer` one that is on its way.

    A code holds until a newer one is sent. A try is spent on a code that was sent: NOT_SENT counts none, but store one more guess
    of `newer`. A mail that has left a moment ago is not known to be sent yet, so its code is compared too, a bounded number of times.
    """
    outcome = Outcome.EXPIRED if sent is None else tried(sent, given, now=now, rules=rules)
    if newer is None or outcome is Outcome.RIGHT:
        return outcome
    if newer.hashed is not None and newer.guesses < rules.tries and is_code(given, newer.hashed):
        return Outcome.RIGHT
    return outcome if outcome is Outcome.WRONG else Outcome.NOT_SENT


def refusal(outcome: Outcome, *, tries: int, rules: Codes) -> CodeNotAccepted:
    """The error for a failed try, the `tries`-th."""
    left = rules.tries - tries
    if outcome is Outcome.WRONG and left > 0:
        return CodeWrong(f"That is not the code that was sent. {left} of {rules.tries} tries are left.")
    if outcome is Outcome.EXPIRED:
        return CodeExpired("There is no code that is still valid. Ask for a new one.")
    return CodeUsedUp("The code was tried too often and is not valid any more. Ask for a new one.")


def send_another(before: Sent | None, *, now: datetime, rules: Codes) -> Sent:
    """The count with one more code that is sent now. Raises CodeTooSoon, with the seconds to wait."""
    if before is None:
        return Sent(now, now, 1)
    free_at = before.last_at + timedelta(seconds=rules.resend_seconds)
    same_day = now < before.day_began_at + _DAY
    if same_day and before.count >= rules.per_day:
        free_at = max(free_at, before.day_began_at + _DAY)
    if now < free_at:
        raise CodeTooSoon(max(1, round((free_at - now).total_seconds())))
    return Sent(now, before.day_began_at if same_day else now, before.count + 1 if same_day else 1)
