import re
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from math import ceil
from typing import Final

import pyotp

from pipeline.access.staff.rules.sign_in import SignInRefused
from pipeline.access.staff.rules.tries import TooManyTries
from pipeline.policy.sign_in import SignIn

STEP_SECONDS: Final = 30
_EARLIER_OR_LATER: Final = (0, -1, 1)
"""The code of this half minute, and those beside it, since clocks differ (RFC 6238, 5.2)."""

_TOTP: Final = re.compile(r"[0-9]{6}")
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS: Final = 4
_GROUP: Final = 5
RECOVERY_CODES: Final = 10


class FactorRefused(SignInRefused):
    """The code or the passkey is not the person's, was used before, or is too old."""

    code = "second_factor_refused"


def refused() -> FactorRefused:
    """The one answer to every second factor that does not fit."""
    return FactorRefused("This code does not fit, or was used already. Wait for the next one and type that.")


def step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """The half minute whose code this is; None where it is none of those that may be given now."""
    step = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    fitting = [step + each for each in _EARLIER_OR_LATER if compare_digest(totp.at((step + each) * STEP_SECONDS), code)]
    return fitting[0] if fitting else None


def is_totp(code: str) -> bool:
    """Whether it is written as an app shows a code; else it may be a recovery code."""
    return _TOTP.fullmatch(code) is not None


def written(code: str) -> str:
    """A code without what people put between its characters."""
    return re.sub(r"[\s-]", "", code).casefold()


def new_recovery_codes() -> tuple[str, ...]:
    """Codes of 99 random bits each, in groups that can be read aloud."""
    return tuple("-".join(_group() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES))


def hashed_code(code: str) -> str:
    """What is kept of a recovery code. It has 99 random bits, so SHA-256 keeps it safe."""
    return sha256(written(code).encode()).hexdigest()


def require_no_pause(paused_until: datetime | None, *, now: datetime) -> None:
    """Raises TooManyTries during a pause."""
    if paused_until is not None and now < paused_until:
        raise TooManyTries(ceil((paused_until - now).total_seconds()))


def pause_until(failed: int, *, now: datetime, rules: SignIn) -> datetime | None:
    """The end of the pause that follows so many wrong codes in a row; None while they are free."""
    over = failed - rules.tries_per_account
    if over < 0:
        return None
    return now + timedelta(seconds=min(rules.longest_pause_seconds, rules.first_pause_seconds * 2 ** min(over, 20)))


def _group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))
