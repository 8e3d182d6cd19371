"""API keys of services: made, listed, revoked, and asked for at each request. Time is the database's."""

import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Row,
    RowMapping,
    Table,
    Text,
    Uuid,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from pipeline.access.caller import Caller, KeyExpired, KeyRevoked, Unauthenticated
from pipeline.access.rules.keys import UNBOUNDED, Bounds, digest, key_problems, matches, parsed
from pipeline.access.rules.scopes import Scope
from pipeline.audit.record import SYSTEM
from pipeline.kernel.database import Database, Instant, metadata
from pipeline.kernel.errors import Invalid, NotFound, ProofdeskError
from pipeline.kernel.ids import new_id
from pipeline.ownership.rules import TEST
from pipeline.submission import audit

__all__ = ["Caller", "Scope", "Unauthenticated"]

api_key: Final = Table(
    "api_key",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("members_prefix", Text),
    Column("reviewer_id", Text),
    Column("secret_sha256", Text, nullable=False),
    Column("follows", Uuid),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    Index(
        "uq_api_key_follows",
        "follows",
        unique=True,
        postgresql_where=text("follows IS NOT NULL AND revoked_at IS NULL"),
    ),
)
"""`follows` is the key that this one was made for by rotation. A key has one live successor at most."""

PREFIX: Final = "pd"
NOTED_EVERY: Final = timedelta(minutes=1)
"""How exact the time of the last use is: it is written at most this often."""

EXPIRED: Final = func.coalesce(api_key.c.expires_at <= func.now(), False)
LIVE: Final = (api_key.c.revoked_at.is_(None), ~EXPIRED)
STATE: Final = case((api_key.c.revoked_at.is_not(None), "revoked"), (EXPIRED, "expired"), else_="live")
IS_TEST: Final = func.starts_with(api_key.c.service, TEST).label("test")

_STALE: Final = or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at < func.now() - NOTED_EVERY)
_FOUND: Final = select(api_key, STATE.label("state"), _STALE.label("stale")).where(api_key.c.id == bindparam("key_id"))
_USED: Final = update(api_key).values(last_used_at=func.now())


def create_key(
    name: str,
    scopes: Collection[Scope],
    *,
    reviewer_id: str | None,
    actor: str | None = None,
    bounds: Bounds = UNBOUNDED,
    db: Database,
) -> tuple[UUID, str]:
    """A new key, `pd_<id>_<secret>`: shown now and never again. The secret has 256 random bits, so SHA-256 keeps it safe.

    Raises Invalid with everything that is wrong with such a key.
    """
    with db.begin() as connection:
        return add_key(connection, name, scopes, reviewer_id=reviewer_id, actor=actor, bounds=bounds)


def add_key(
    connection: Connection,
    name: str,
    scopes: Collection[Scope],
    *,
    reviewer_id: str | None,
    actor: str | None,
    bounds: Bounds = UNBOUNDED,
) -> tuple[UUID, str]:
    """The same in the caller's transaction. Whether somebody may have a key that speaks for this reviewer, the caller has checked."""
    if problems := key_problems(scopes, reviewer_id=reviewer_id, bounds=bounds):
        raise Invalid(problems)
    key_id = new_id()
    row = {
        "id": key_id,
        "name": name,
        "service": bounds.service_of(key_id),
        "scopes": sorted(scopes),
        "members_prefix": bounds.prefix,
        "reviewer_id": reviewer_id,
        "expires_at": func.now() + bounds.lasts if bounds.lasts is not None else None,
    }
    key = insert_key(connection, row)
    audit_key(connection, "key.created", key_id, actor=actor)
    return key_id, key


def list_keys(*, db: Database) -> Sequence[RowMapping]:
    """Every key without its secret, with its `state` (`live`, `expired` or `revoked`) and `test`: keys that are not revoked first, the newest first."""
    shown = [column for column in api_key.c if column is not api_key.c.secret_sha256]
    order = (api_key.c.revoked_at.desc().nulls_first(), api_key.c.created_at.desc())
    with db.read() as connection:
        return connection.execute(select(*shown, STATE.label("state"), IS_TEST).order_by(*order)).mappings().all()


def revoke_key(key_id: UUID, *, actor: str | None = None, db: Database) -> None:
    """Revoke a key: it is refused from now on, and so are the sessions that it made. Raises NotFound."""
    with db.begin() as connection:
        revoked = connection.execute(
            update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None)).values(revoked_at=func.now())
        )
        if revoked.rowcount != 1:
            raise no_live_key(key_id)
        audit_key(connection, "key.revoked", key_id, actor=actor)


def authenticate(presented: str | None, *, db: Database) -> Caller:
    """The caller whose key was presented. Raises Unauthenticated, the same for a wrong id and a wrong secret.

    Only who has the right secret learns that the key was revoked (KeyRevoked) or has expired (KeyExpired).
    """
    found = parsed(presented, prefix=PREFIX)
    if found is None:
        raise Unauthenticated("Send an API key: Authorization: Bearer pd_… Create one with: proofdesk key create")
    key_id, secret = found
    with db.read() as connection:
        row = connection.execute(_FOUND, {"key_id": key_id}).one_or_none()
    if row is None or not matches(secret, row.secret_sha256):
        raise Unauthenticated("The API key is unknown. Create one with: proofdesk key create")
    _require_live(row)
    if row.stale:
        _note_use(row.id, db)
    return Caller(
        row.id,
        row.name,
        frozenset(row.scopes),
        row.reviewer_id,
        service=row.service,
        members_prefix=row.members_prefix,
    )


def insert_key(connection: Connection, row: dict[str, Any]) -> str:
    """Write a key's row with a new secret. Returns the key."""
    secret = secrets.token_urlsafe(32)
    connection.execute(insert(api_key).values({**row, "secret_sha256": digest(secret)}))
    return f"{PREFIX}_{row['id'].hex}_{secret}"


def audit_key(connection: Connection, event: str, key_id: UUID, *, actor: str | None, **detail: str) -> None:
    """Write to the record what was done to a key."""
    audit.write(connection, event, actor=actor or SYSTEM, detail={"key": str(key_id), **detail})


def no_live_key(key_id: UUID) -> NotFound:
    """The error for a key that is not there, was revoked, or has expired."""
    return NotFound(f"There is no live key {key_id}. See: proofdesk key list")


def _require_live(row: Row[Any]) -> None:
    if row.state == "revoked":
        raise KeyRevoked("The API key was revoked. Use another one, or create one with: proofdesk key create")
    if row.state == "expired":
        raise KeyExpired(
            "The API key has expired. Use the one that it was rotated to, or ask an administrator for one."
        )


def _note_use(key_id: UUID, db: Database) -> None:
    """Write when the key was used. Nobody waits for it: where the row is locked or cannot be written, the next request does it."""
    free = select(api_key.c.id).where(api_key.c.id == key_id, _STALE).with_for_update(skip_locked=True)
    with suppress(ProofdeskError), db.begin() as connection:
        connection.execute(_USED.where(api_key.c.id.in_(free)))
