import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.tables import invitation, provider_visit, reviewer, session, sign_in_tries
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Forbidden, PermanentError
from pipeline.kernel.ids import new_id
from pipeline.policy.sign_in import SignIn
from pipeline.submission import audit

_SEEN_EVERY: Final = timedelta(minutes=1)
"""How exact `seen_at` is: a session that is used all the time is written once a minute."""


class SignedOut(PermanentError):
    """Nobody is signed in: no session, or one that has ended."""

    code = "signed_out"


class SignInStale(Forbidden):
    """What was asked for needs somebody who has just signed in."""

    code = "sign_in_stale"


@dataclass(frozen=True, slots=True)
class Origin:
    """The browser that signs in: how it calls itself, and its network address."""

    user_agent: str | None = None
    address: str | None = None


NOWHERE: Final = Origin()


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is open, and whose it is. `proved_at` is when the person last showed who they are, and `proof` how."""

    id: UUID
    reviewer_id: str
    proof: str
    proved_at: datetime
    name: str
    roles: frozenset[Role]
    languages: tuple[str, ...]
    theme: str
    timezone: str | None


def begin(
    connection: Connection,
    reviewer_id: str,
    *,
    proof: str,
    rules: SignIn,
    origin: Origin = NOWHERE,
    factor: str | None = None,
) -> str:
    """Sign a browser in, in the caller's transaction. Returns the token, which only that browser gets."""
    token = secrets.token_urlsafe(32)
    values = {"id": new_id(), "token_sha256": hashed(token), "reviewer_id": reviewer_id, "proof": proof}
    values |= {"factor": factor, "user_agent": origin.user_agent, "address": origin.address}
    expires_at = func.now() + timedelta(hours=rules.session_hours)
    connection.execute(insert(session).values(**values, expires_at=expires_at))
    detail = {"session": str(values["id"]), "proof": proof}
    audit.write(connection, "session.begun", actor=reviewer_id, detail=detail)
    return token


def session_of(token: str | None, *, db: Database, rules: SignIn) -> Session:
    """The session of a token. Raises SignedOut: unknown, ended, idle for too long, too old, or the person was disabled."""
    with db.read() as connection:
        row = connection.execute(_session(token or "", rules)).one_or_none()
    if row is None or token is None:
        raise SignedOut("You are signed out. Sign in again; what you have decided is kept.")
    if row.unseen:
        _seen(row.session_id, db=db)
    return Session(
        id=row.session_id,
        reviewer_id=row.id,
        proof=row.proof,
        proved_at=row.proved_at,
        name=row.name or row.id,
        roles=frozenset(Role(each) for each in row.roles if each in set(Role)),
        languages=tuple(row.languages),
        theme=row.theme,
        timezone=row.timezone,
    )


def require_fresh(proved_at: datetime, *, now: datetime, rules: SignIn) -> None:
    """Raises SignInStale where the person showed too long ago who they are."""
    if now - proved_at > timedelta(minutes=rules.fresh_minutes):
        raise SignInStale(
            f"This needs somebody who signed in within the last {rules.fresh_minutes} minutes. Sign in once more; nothing is lost."
        )


def end(token: str | None, *, db: Database) -> None:
    """Sign a browser out. Nothing happens where it was not signed in."""
    with db.begin() as connection:
        _end(connection, session.c.token_sha256 == hashed(token or ""))


def end_all(connection: Connection, reviewer_id: str, *, but: UUID | None = None, actor: str | None = None) -> int:
    """End a person's sessions, except `but`, in the caller's transaction. Returns how many ended. `actor` is who ends them, else that person."""
    others = [session.c.id != but] if but is not None else []
    return _end(connection, session.c.reviewer_id == reviewer_id, *others, actor=actor)


def derived(token: str, purpose: str) -> str:
    """A secret that belongs to a session, from its token: neither can be computed from the other."""
    return hmac.new(token.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def hashed(token: str) -> str:
    """What is kept of a token. It has 256 random bits, so SHA-256 keeps it safe."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_sessions(rules: SignIn) -> tuple[ColumnElement[bool], ...]:
    """Which sessions are still signed in."""
    idle_since = func.now() - timedelta(minutes=rules.session_idle_minutes)
    return session.c.ended_at.is_(None), session.c.expires_at > func.now(), session.c.seen_at > idle_since


def _session(token: str, rules: SignIn) -> Any:
    unseen = (session.c.seen_at < func.now() - _SEEN_EVERY).label("unseen")
    columns = (reviewer.c.id, reviewer.c.name, reviewer.c.roles, reviewer.c.languages)
    chosen = (reviewer.c.theme, reviewer.c.timezone, session.c.proof, session.c.proved_at)
    return (
        select(*columns, *chosen, session.c.id.label("session_id"), unseen)
        .join(reviewer, reviewer.c.id == session.c.reviewer_id)
        .where(session.c.token_sha256 == hashed(token), reviewer.c.disabled_at.is_(None), *open_sessions(rules))
    )


def _seen(session_id: UUID, *, db: Database) -> None:
    with db.begin() as connection:
        connection.execute(update(session).where(session.c.id == session_id).values(seen_at=func.now()))


def _end(connection: Connection, *which: ColumnElement[bool], actor: str | None = None) -> int:
    ended: list[Row[Any]] = list(
        connection.execute(
            update(session)
            .where(*which, session.c.ended_at.is_(None))
            .values(ended_at=func.now())
            .returning(session.c.id, session.c.reviewer_id)
        )
    )
    for row in ended:
        audit.write(
            connection,
            "session.ended",
            actor=actor or row.reviewer_id,
            detail={"session": str(row.id), "reviewer": row.reviewer_id},
        )
    return len(ended)


_KEPT: Final = timedelta(days=30)
"""How long a session that is over is kept beside the history, which says when it began and ended."""


def forget_signed_out(connection: Connection, rules: SignIn) -> None:
    """Delete sessions that are long over, links and visits that are too old to be used, and tries that count no more."""
    connection.execute(delete(session).where(session.c.expires_at < func.now() - _KEPT))
    connection.execute(delete(invitation).where(invitation.c.expires_at < func.now()))
    connection.execute(delete(provider_visit).where(provider_visit.c.expires_at < func.now()))
    last = func.now() - timedelta(hours=rules.forget_hours)
    connection.execute(delete(sign_in_tries).where(sign_in_tries.c.last_at < last))
