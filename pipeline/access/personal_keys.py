"""Keys that speak for a person: each is made by that person alone, in a session in which they have just signed in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    RowMapping,
    Table,
    Text,
    Uuid,
    func,
    insert,
    literal,
    select,
    update,
)

from pipeline.access.api_keys import Scope, add_key, api_key
from pipeline.access.staff.rules.sign_in import require_fresh
from pipeline.access.staff.sessions import Session
from pipeline.kernel.database import Database, Instant, metadata
from pipeline.kernel.errors import NotFound
from pipeline.policy.sign_in import SignIn
from pipeline.submission import audit

personal_key: Final = Table(
    "personal_key",
    metadata,
    Column("key_id", Uuid, ForeignKey("api_key.id", ondelete="CASCADE"), primary_key=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("proof", Text, nullable=False),
    Column("made_at", Instant, nullable=False, server_default=func.now()),
)
"""Which keys their persons made, and how they were signed in then. A key that names a reviewer and is not here was made by others."""

_LIVE: Final = api_key.c.revoked_at.is_(None)


def make_own_key(name: str, *, person: Session, now: datetime, db: Database, rules: SignIn) -> str:
    """A new key with the scope `review` that speaks for the person of this session. Raises SignInStale."""
    require_fresh(person.proved_at, now=now, rules=rules)
    with db.begin() as connection:
        key_id, key = add_key(
            connection, name, [Scope.REVIEW], reviewer_id=person.reviewer_id, actor=person.reviewer_id
        )
        made = {"reviewer_id": person.reviewer_id, "session_id": person.id, "proof": person.proof}
        connection.execute(insert(personal_key).values(key_id=key_id, **made))
    return key


def own_keys(reviewer_id: str, *, db: Database) -> Sequence[RowMapping]:
    """A person's live keys, the newest first; those that others made for them too."""
    columns = (api_key.c.id, api_key.c.name, api_key.c.created_at, personal_key.c.made_at)
    query = (
        select(*columns)
        .outerjoin(personal_key, personal_key.c.key_id == api_key.c.id)
        .where(api_key.c.reviewer_id == reviewer_id, _LIVE)
        .order_by(api_key.c.created_at.desc())
    )
    with db.read() as connection:
        return connection.execute(query).mappings().all()


def revoke_own_key(key_id: UUID, *, reviewer_id: str, db: Database) -> None:
    """Revoke one of a person's keys. Raises NotFound."""
    with db.begin() as connection:
        if not _revoke(connection, api_key.c.id == key_id, api_key.c.reviewer_id == reviewer_id, actor=reviewer_id):
            raise NotFound(f"You have no live key {key_id}.")


def is_own(key_id: UUID, reviewer_id: str, *, db: Database) -> bool:
    """Whether the person for whom this key speaks made it."""
    with db.read() as connection:
        return proof_of_key(connection, key_id, reviewer_id) is not None


def proof_of_key(connection: Connection, key_id: UUID, reviewer_id: str) -> str | None:
    """How the person was signed in when they made this key; None for a key that is not theirs."""
    mine = (personal_key.c.key_id == key_id, personal_key.c.reviewer_id == reviewer_id)
    return connection.execute(select(personal_key.c.proof).where(*mine)).scalar_one_or_none()


def hand_on(connection: Connection, key_id: UUID, successor: UUID) -> None:
    """The successor of a person's own key is their own too, in the caller's transaction; they are the only one who rotates it."""
    mine = select(
        literal(successor).label("key_id"), personal_key.c.reviewer_id, personal_key.c.session_id, personal_key.c.proof
    ).where(personal_key.c.key_id == key_id)
    connection.execute(insert(personal_key).from_select(["key_id", "reviewer_id", "session_id", "proof"], mine))


def revoke_keys_made_since(connection: Connection, reviewer_id: str, since: datetime, *, actor: str) -> None:
    """Revoke what speaks for a person and was made from then on, in the caller's transaction."""
    _revoke(connection, api_key.c.reviewer_id == reviewer_id, api_key.c.created_at >= since, actor=actor)


def _revoke(connection: Connection, *which: object, actor: str) -> int:
    rows = connection.execute(
        update(api_key).where(_LIVE, *which).values(revoked_at=func.now()).returning(api_key.c.id)  # type: ignore[arg-type]
    ).all()
    for row in rows:
        audit.write(connection, "key.revoked", actor=actor, detail={"key": str(row.id)})
    return len(rows)
