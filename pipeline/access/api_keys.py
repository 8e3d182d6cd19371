import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Column, Connection, RowMapping, Table, Text, Uuid, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from pipeline.kernel.database import Database, Instant, metadata
from pipeline.kernel.errors import NotFound, PermanentError
from pipeline.kernel.ids import new_id
from pipeline.policy.sign_in import Speaker
from pipeline.submission import audit

api_key: Final = Table(
    "api_key",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("reviewer_id", Text),
    Column("secret_sha256", Text, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("revoked_at", Instant),
)

PREFIX: Final = "pd"

_LIVE: Final = select(api_key).where(api_key.c.id == bindparam("key_id"), api_key.c.revoked_at.is_(None))


class Scope(StrEnum):
    """What a key may do. `admin` may do all of it."""

    SUBMIT = "submit"
    REVIEW = "review"
    ADMIN = "admin"


class Unauthenticated(PermanentError):
    """No key, or one that is unknown or revoked."""

    code = "unauthenticated"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is: the key's id and name, its scopes, and the reviewer that it speaks for.

    A member's session has no scopes. It has a `speaker` instead, and may act for that one member.
    """

    key_id: UUID
    name: str
    scopes: frozenset[str]
    reviewer_id: str | None
    speaker: Speaker | None = None

    @property
    def owner(self) -> str:
        """Whose idempotency keys these are: a member's next session goes on where the one before it was cut off."""
        return str(self.key_id) if self.speaker is None else self.speaker.name

    def may(self, scope: Scope) -> bool:
        """Whether the key has the scope."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def may_act_for(self, member_id: str) -> bool:
        """Whether the caller may submit and read for this member: a service for every member, a session for its own."""
        return self.may(Scope.SUBMIT) if self.speaker is None else self.speaker.member_id == member_id


def create_key(
    name: str, scopes: Collection[Scope], *, reviewer_id: str | None, actor: str | None = None, db: Database
) -> tuple[UUID, str]:
    """A new key, `pd_<id>_<secret>`: shown now and never again. The secret has 256 random bits, so SHA-256 keeps it safe."""
    with db.begin() as connection:
        return insert_key(connection, name, scopes, reviewer_id=reviewer_id, actor=actor)


def insert_key(
    connection: Connection, name: str, scopes: Collection[Scope], *, reviewer_id: str | None, actor: str | None
) -> tuple[UUID, str]:
    """The same in the caller's transaction. Whether somebody may have a key that speaks for this reviewer, the caller has checked."""
    key_id, secret = new_id(), secrets.token_urlsafe(32)
    row = {
        "id": key_id,
        "name": name,
        "scopes": sorted(scopes),
        "reviewer_id": reviewer_id,
        "secret_sha256": digest(secret),
    }
    connection.execute(insert(api_key), row)
    _audit(connection, "key.created", key_id, actor=actor)
    return key_id, f"{PREFIX}_{key_id.hex}_{secret}"


def list_keys(*, db: Database) -> Sequence[RowMapping]:
    """Every key without its secret: live keys first, the newest first."""
    columns = (api_key.c.id, api_key.c.name, api_key.c.scopes, api_key.c.reviewer_id)
    times = (api_key.c.created_at, api_key.c.revoked_at)
    with db.read() as connection:
        statement = select(*columns, *times).order_by(
            api_key.c.revoked_at.desc().nulls_first(), api_key.c.created_at.desc()
        )
        return connection.execute(statement).mappings().all()


def revoke_key(key_id: UUID, *, actor: str | None = None, db: Database) -> None:
    """Revoke a key: it is refused from now on. Raises NotFound."""
    with db.begin() as connection:
        revoked = connection.execute(
            update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None)).values(revoked_at=func.now())
        )
        if revoked.rowcount != 1:
            raise NotFound(f"There is no live key {key_id}.")
        _audit(connection, "key.revoked", key_id, actor=actor)


def authenticate(presented: str | None, *, db: Database) -> Caller:
    """The caller whose key was presented. Raises Unauthenticated, the same for a wrong id and a wrong secret."""
    found = parsed(presented, prefix=PREFIX)
    if found is None:
        raise Unauthenticated("Send an API key: Authorization: Bearer pd_… Create one with: proofdesk key create")
    key_id, secret = found
    with db.read() as connection:
        row = connection.execute(_LIVE, {"key_id": key_id}).one_or_none()
    if row is None or not matches(secret, row.secret_sha256):
        raise Unauthenticated("The API key is unknown or was revoked. Create one with: proofdesk key create")
    return Caller(row.id, row.name, frozenset(row.scopes), row.reviewer_id)


def _audit(connection: Connection, event: str, key_id: UUID, *, actor: str | None) -> None:
    """Write to the history what a person did to a key."""
    if actor is not None:
        audit.write(connection, event, actor=actor, detail={"key": str(key_id)})


def parsed(presented: str | None, *, prefix: str) -> tuple[UUID, str] | None:
    """Id and secret of a credential `<prefix>_<id>_<secret>`; None for what is no such credential."""
    given, _, rest = (presented or "").partition("_")
    written, _, secret = rest.partition("_")
    try:
        found = UUID(hex=written)
    except ValueError:
        return None
    return (found, secret) if given == prefix and secret else None


def matches(secret: str, sha256: str) -> bool:
    """Whether this is the secret of that hash, compared in constant time."""
    return hmac.compare_digest(digest(secret), sha256)


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
