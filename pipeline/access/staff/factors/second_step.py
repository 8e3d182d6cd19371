"""The way from a first factor to a session, and back to a session that must show once more who is there."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection, delete, func, insert, select, update

from pipeline.access.staff import sessions
from pipeline.access.staff.factors.enrolled import FactorContext, count_try, forgive, is_asked, use_recovery_code
from pipeline.access.staff.factors.passkeys import PASSKEY, check_passkey
from pipeline.access.staff.factors.rules import is_totp, refused, written
from pipeline.access.staff.factors.tables import second_step
from pipeline.access.staff.factors.totp import APP, use_code
from pipeline.access.staff.sessions import NOWHERE, Origin, Session
from pipeline.access.staff.tables import reviewer, session
from pipeline.kernel.errors import Conflict
from pipeline.policy.sign_in import SignIn
from pipeline.submission import audit

log = structlog.get_logger()

_PREFIX: Final = "step."
STEP_TIME: Final = timedelta(minutes=5)
"""How long a browser may take from the first factor to the second."""


class StepGone(Conflict):
    """The first factor was shown too long ago, or in another browser."""

    code = "second_step_gone"


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody shows as their second factor: a code of their app or a recovery code, or the answer of a passkey."""

    code: str | None = None
    passkey: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A browser on its way: whose it says that it is, and for whom a passkey signs."""

    reviewer_id: str
    holder: str


def arrive(
    connection: Connection,
    reviewer_id: str,
    *,
    proof: str,
    rules: SignIn,
    origin: Origin = NOWHERE,
    proved_at: datetime | None = None,
) -> str:
    """The first factor was right, in the caller's transaction: the token of a session, or of a second step (`is_second_step`)."""
    if not is_asked(connection, reviewer_id, rules):
        return sessions.begin(connection, reviewer_id, proof=proof, rules=rules, origin=origin, proved_at=proved_at)
    token = _PREFIX + secrets.token_urlsafe(32)
    values = {"token_sha256": sessions.hashed(token), "reviewer_id": reviewer_id, "proof": proof}
    browser = {"user_agent": origin.user_agent, "address": origin.address}
    connection.execute(insert(second_step).values(**values, **browser, expires_at=func.now() + STEP_TIME))
    return token


def is_second_step(token: str) -> bool:
    """Whether a browser with this token is not signed in yet."""
    return token.startswith(_PREFIX)


def step_of(token: str | None, *, context: FactorContext) -> Step:
    """The browser's way so far. Raises StepGone."""
    with context.db.read() as connection:
        row = connection.execute(_open(token)).one_or_none()
    if row is None:
        raise StepGone("Sign in once more: your password was given too long ago, or in another window.")
    return Step(row.reviewer_id, f"step:{row.token_sha256}")


def finish(token: str | None, shown: Shown, *, now: datetime, context: FactorContext) -> str:
    """Sign the browser in whose person shows a second factor; the session's token. Raises StepGone, FactorRefused, TooManyTries."""
    step = step_of(token, context=context)
    factor = show(step.reviewer_id, shown, holder=step.holder, now=now, context=context)
    with context.db.begin() as connection:
        row = connection.execute(_open(token).with_for_update(of=second_step)).one_or_none()
        if row is None:
            raise StepGone("Sign in once more: this was done in another window.")
        connection.execute(delete(second_step).where(second_step.c.token_sha256 == row.token_sha256))
        origin = Origin(row.user_agent, row.address)
        begun = sessions.begin(
            connection, row.reviewer_id, proof=row.proof, rules=context.rules, origin=origin, factor=factor
        )
    log.info("session.begun", reviewer=step.reviewer_id, factor=factor)
    return begun


def show(reviewer_id: str, shown: Shown, *, holder: str, now: datetime, context: FactorContext) -> str:
    """Which factor it was that fits and is used up. Raises FactorRefused, TooManyTries."""
    if shown.passkey is not None:
        check_passkey(reviewer_id, shown.passkey, holder=holder, context=context)
        return PASSKEY
    count_try(reviewer_id, now=now, db=context.db, rules=context.rules)
    code = written(shown.code or "")
    with context.db.begin() as connection:
        if is_totp(code):
            factor, fits = APP, use_code(connection, reviewer_id, code, now=now, context=context)
        else:
            factor, fits = "recovery code", use_recovery_code(connection, reviewer_id, code)
        if not fits:
            raise refused()
        forgive(connection, reviewer_id)
    return factor


def proved_again(person: Session, *, factor: str | None, context: FactorContext) -> None:
    """The person of a session has shown once more who they are."""
    with context.db.begin() as connection:
        values: dict[str, Any] = {"proved_at": func.now(), **({"factor": factor} if factor else {})}
        connection.execute(update(session).where(session.c.id == person.id).values(**values))
        detail = {"session": str(person.id), "factor": factor}
        audit.write(connection, "session.proved", actor=person.reviewer_id, detail=detail)


def needs_factor(reviewer_id: str, *, context: FactorContext) -> bool:
    """Whether somebody shows a second factor when they show who they are."""
    with context.db.read() as connection:
        return is_asked(connection, reviewer_id, context.rules)


def _open(token: str | None) -> Any:
    return (
        select(second_step)
        .join(reviewer, reviewer.c.id == second_step.c.reviewer_id)
        .where(
            second_step.c.token_sha256 == sessions.hashed(token or ""),
            second_step.c.expires_at > func.now(),
            reviewer.c.disabled_at.is_(None),
        )
    )
