import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, func, insert, select, update

from pipeline.access.staff.factors.tables import challenge, has_factor, second_step
from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.tables import invitation, provider_visit, reviewer, session, sign_in_tries
from pipeline.kernel.batches import Renew, delete_in_batches
from pipeline.kernel.database import Database
from pipeline.kernel.errors import NotFound, PermanentError
from pipeline.kernel.ids import new_id
from pipeline.policy.sign_in import SignIn
from pipeline.submission import audit

_SEEN_EVERY: Final = timedelta(minutes=1)
"""How exact `seen_at` is: a session that is used all the time is written once a minute."""


class SignedOut(PermanentError):
    """Nobody is signed in: no session, or one that has ended."""

    code = "signed_out"


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
    must_enrol: bool
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
    proved_at: datetime | None = None,
) -> str:
    """Sign a browser in, in the caller's transaction. Returns the token, which only that browser gets."""
    token = secrets.token_urlsafe(32)
    values = {"id": new_id(), "token_sha256": hashed(token), "reviewer_id": reviewer_id, "proof": proof}
    values |= {"factor": factor, "user_agent": origin.user_agent, "address": origin.address}
    if proved_at is not None:
        values["proved_at"] = proved_at
    expires_at = func.now() + timedelta(hours=rules.session_hours)
    connection.execute(insert(session).values(**values, expires_at=expires_at))
    detail = {"session": str(values["id"]), "proof": proof}
    audit.write(connection, "session.begun", actor=reviewer_id, detail=detail)
    return token


def session_of(token: str | None, *, db: Database, rules: SignIn) -> Session:
    """The session of a token. Raises SignedOut: unknown, ended, idle for too long, too old, or the person was disabled."""
    with db.read() as connection:
        row = connection.execute(_session(token or "", rules)).one_or_none()
    lacks_factor = row is not None and row.has_factor and row.factor is None and rules.second_factor != "off"
    if row is None or token is None or lacks_factor:
        raise SignedOut("You are signed out. Sign in again; what you have decided is kept.")
    if row.unseen:
        _seen(row.session_id, db=db)
    return Session(
        id=row.session_id,
        reviewer_id=row.id,
        proof=row.proof,
        proved_at=row.proved_at,
        must_enrol=rules.second_factor == "required" and not row.has_factor and row.proof != "provider",
        name=row.name or row.id,
        roles=frozenset(Role(each) for each in row.roles if each in set(Role)),
        languages=tuple(row.languages),
        theme=row.theme,
        timezone=row.timezone,
    )


def end(token: str | None, *, db: Database) -> None:
    """Sign a browser out. Nothing happens where it was not signed in."""
    with db.begin() as connection:
        _end(connection, session.c.token_sha256 == hashed(token or ""))


def end_all(connection: Connection, reviewer_id: str, *, but: UUID | None = None, actor: str | None = None) -> int:
    """End a person's sessions, except `but`, in the caller's transaction. Returns how many ended.

    `actor` is who ends them, else that person.
    """
    others = [session.c.id != but] if but is not None else []
    return _end(connection, session.c.reviewer_id == reviewer_id, *others, actor=actor)


def end_one(session_id: UUID, *, reviewer_id: str, actor: str, db: Database) -> None:
    """End one of a person's sessions. Raises NotFound."""
    with db.begin() as connection:
        theirs = (session.c.id == session_id, session.c.reviewer_id == reviewer_id)
        if not _end(connection, *theirs, actor=actor):
            raise NotFound("There is no such session, or it has ended already.")


def sessions_of(reviewer_id: str, *, db: Database, rules: SignIn) -> Sequence[RowMapping]:
    """A person's open sessions, the last used first: `id`, `user_agent`, `address`, `proof`, `factor`, `created_at`, `seen_at`."""
    shown = ("id", "user_agent", "address", "proof", "factor", "created_at", "seen_at")
    query = select(*(session.c[name] for name in shown)).where(
        session.c.reviewer_id == reviewer_id, *open_sessions(rules)
    )
    with db.read() as connection:
        return connection.execute(query.order_by(session.c.seen_at.desc())).mappings().all()


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
    chosen = (reviewer.c.theme, reviewer.c.timezone, session.c.proof, session.c.proved_at, session.c.factor)
    enrolled = has_factor(reviewer.c.id).label("has_factor")
    return (
        select(*columns, *chosen, session.c.id.label("session_id"), unseen, enrolled)
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


def forget_signed_out(db: Database, rules: SignIn, *, renew: Renew) -> None:
    """Delete sessions that are long over, links and visits that are too old to be used, and tries that count no more."""
    delete_in_batches(db, session, session.c.expires_at < func.now() - _KEPT, renew=renew)
    for table in (invitation, second_step, challenge, provider_visit):
        delete_in_batches(db, table, table.c.expires_at < func.now(), renew=renew)
    last = func.now() - timedelta(hours=rules.forget_hours)
    delete_in_batches(db, sign_in_tries, sign_in_tries.c.last_at < last, renew=renew)
