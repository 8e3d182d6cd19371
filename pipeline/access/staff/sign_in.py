from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff import sessions
from pipeline.access.staff.factors.second_step import arrive, is_second_step
from pipeline.access.staff.ownership import own_password_chosen
from pipeline.access.staff.passwords import Passwords
from pipeline.access.staff.refusals import recorded_refusal
from pipeline.access.staff.rules.sign_in import LONGEST_PASSWORD, SignInRefused, password_problems
from pipeline.access.staff.rules.tries import Device, Guess
from pipeline.access.staff.sessions import Origin
from pipeline.access.staff.tables import password, reviewer
from pipeline.access.staff.throttle import count_try, forgive
from pipeline.audit.keys import Digests
from pipeline.kernel.database import Database, storable
from pipeline.kernel.errors import Invalid
from pipeline.policy.sign_in import SignIn
from pipeline.submission import audit

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SignInContext:
    """What signing in with a password needs."""

    db: Database
    passwords: Passwords
    rules: SignIn
    digests: Digests | None = None


def sign_in(
    name: str,
    given: str,
    *,
    address: str,
    now: datetime,
    context: SignInContext,
    device: Device | None = None,
    user_agent: str | None = None,
) -> str:
    """The token of a new session, or of a second step where the person has a second factor.

    Raises SignInRefused, the same for every cause, TooManyTries, or Overloaded.
    """
    guess = Guess(name, address, device)
    with recorded_refusal(name, address, db=context.db, digests=context.digests):
        count_try(guess, now=now, db=context.db, rules=context.rules)
        known = _verified(guess, given, context)
    fresh = context.passwords.hashed(given) if context.passwords.is_dated(known.hashed) else known.hashed
    with context.db.begin() as connection:
        _lock_unchanged(connection, known)
        forgive(connection, guess)
        if fresh != known.hashed:
            _store(connection, known.id, fresh)
        origin = Origin(user_agent, address)
        token = arrive(connection, known.id, proof="password", rules=context.rules, origin=origin)
    if not is_second_step(token):
        log.info("session.begun", reviewer=known.id, proof="password")
    return token


def check_password(reviewer_id: str, given: str, *, address: str, now: datetime, context: SignInContext) -> None:
    """Whether somebody who is signed in knows their password. Raises SignInRefused, TooManyTries."""
    guess = Guess(reviewer_id, address, signed_in=True)
    with recorded_refusal(reviewer_id, address, db=context.db, digests=context.digests):
        count_try(guess, now=now, db=context.db, rules=context.rules)
        _verified(guess, given, context)
    with context.db.begin() as connection:
        forgive(connection, guess)


def change_password(
    reviewer_id: str,
    given: str,
    new: str,
    *,
    address: str,
    now: datetime,
    context: SignInContext,
    user_agent: str | None = None,
) -> str:
    """Choose another password, for which the present one is asked. Every session ends; the token of a new one, or of a second step.

    Raises Invalid, SignInRefused, TooManyTries.
    """
    require_strong(new, reviewer_id=reviewer_id, rules=context.rules)
    guess = Guess(reviewer_id, address, signed_in=True)
    with recorded_refusal(reviewer_id, address, db=context.db, digests=context.digests):
        count_try(guess, now=now, db=context.db, rules=context.rules)
        known = _verified(guess, given, context)
    hashed = context.passwords.hashed(new)
    with context.db.begin() as connection:
        _lock_unchanged(connection, known)
        forgive(connection, guess)
        replace_password(connection, known.id, hashed, actor=known.id)
        own_password_chosen(connection, known.id)
        origin = Origin(user_agent, address)
        return arrive(connection, known.id, proof="password", rules=context.rules, origin=origin)


def require_strong(new: str, *, reviewer_id: str, rules: SignIn) -> None:
    """Raises Invalid where a new password is too weak."""
    if problems := list(password_problems(new, reviewer_id=reviewer_id, rules=rules)):
        raise Invalid(problems)


def replace_password(connection: Connection, reviewer_id: str, hashed: str, *, actor: str) -> None:
    """Store another password and end the person's sessions, in the caller's transaction."""
    _store(connection, reviewer_id, hashed)
    sessions.end_all(connection, reviewer_id, actor=actor)
    audit.write(connection, "password.changed", actor=actor, detail={"reviewer": reviewer_id})


def _verified(guess: Guess, given: str, context: SignInContext) -> Row[Any]:
    """The person whose password it is. The work is the same for a name that nobody has. Raises SignInRefused."""
    with context.db.read() as connection:
        known = connection.execute(_account(guess.name)).one_or_none()
    usable = known is not None and known.disabled_at is None and len(given) <= LONGEST_PASSWORD
    hashed = known.hashed if known is not None and usable else None
    fits = context.passwords.fits(given[:LONGEST_PASSWORD], hashed, caller=guess.caller, is_known=guess.is_known)
    if known is None or not fits:
        log.info("sign_in.refused")
        raise refused()
    return known


def refused() -> SignInRefused:
    """The one answer to every sign-in that fails."""
    return SignInRefused("The name or the password is not right. Check both; an administrator can send you a new link.")


def _lock_unchanged(connection: Connection, known: Row[Any]) -> None:
    """Lock the person's row. Raises SignInRefused where the person or the password has changed since."""
    connection.execute(select(reviewer.c.id).where(reviewer.c.id == known.id).with_for_update())
    present = connection.execute(_account(known.id)).one_or_none()
    if present is None or present.disabled_at is not None or present.hashed != known.hashed:
        raise refused()


def _account(name: str) -> Any:
    return (
        select(reviewer.c.id, reviewer.c.disabled_at, password.c.hashed)
        .join(password, password.c.reviewer_id == reviewer.c.id)
        .where(reviewer.c.id == storable(name.strip()))
    )


def _store(connection: Connection, reviewer_id: str, hashed: str) -> None:
    values = {"hashed": hashed, "changed_at": func.now()}
    statement = insert(password).values(reviewer_id=reviewer_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["reviewer_id"], set_=values))
