import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from pipeline.kernel.errors import Forbidden, PermanentError, Problem
from pipeline.policy.sign_in import SignIn

LONGEST_PASSWORD: Final = 1024
_DISTINCT: Final = 5
"""A password of fewer different characters than these is soon guessed, however long it is."""


class SignInRefused(PermanentError):
    """The name and what was to prove it do not fit. Which of them was wrong is not told."""

    code = "sign_in_refused"


class SignInStale(Forbidden):
    """What was asked for needs somebody who has just signed in."""

    code = "sign_in_stale"


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


def require_fresh(proved_at: datetime, *, now: datetime, rules: SignIn) -> None:
    """Raises SignInStale where the person showed too long ago who they are."""
    if now - proved_at > timedelta(minutes=rules.fresh_minutes):
        raise SignInStale(
            f"This needs somebody who signed in within the last {rules.fresh_minutes} minutes. Sign in once more; nothing is lost."
        )


def own_page(asked: str | None, *, default: str) -> str:
    """Where to go after signing in: a path of ours that was asked for, never another site's address."""
    path = asked or ""
    known = path == "/console" or path.startswith("/console/")
    ours = known and not path.startswith("/console/sign-") and "\\" not in path and path.isprintable()
    return path if ours else default


def _weak(code: str, message: str) -> Problem:
    return Problem("new_password", code, message)
