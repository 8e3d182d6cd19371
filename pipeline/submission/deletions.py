"""Objects that are being deleted. Whoever begins to refer to an object, and whoever deletes one, meet here (docs/adr/0025)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import CheckConstraint, Column, Connection, Index, Table, Text, Uuid, any_, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from pipeline.kernel.database import Instant, metadata
from pipeline.kernel.errors import StorageRefused

UPLOADS: Final = "uploads"
VAULT: Final = "vault"
PUBLIC: Final = "public"

object_deletion: Final = Table(
    "object_deletion",
    metadata,
    Column("bucket", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("token", Uuid, nullable=False),
    Column("begun_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("bucket IN ('uploads', 'vault', 'public')", name="known_bucket"),
    Index("ix_object_deletion_begun_at", "begun_at"),
)
"""An object that nobody referred to when its deletion began. The row goes once the object has. `token` is of the latest worker that
deletes it: another one finds its own token gone, and stops."""

_SHARE: Final = text(
    "SELECT pg_advisory_xact_lock_shared(hashtextextended(:place || key, 0)) FROM unnest(CAST(:keys AS text[])) AS k(key)"
)
_TAKE: Final = text(
    "SELECT key FROM unnest(CAST(:keys AS text[])) AS k(key)"
    " WHERE pg_try_advisory_xact_lock(hashtextextended(:place || key, 0))"
)


@dataclass(frozen=True, slots=True)
class Deleted:
    """Which objects went, which stay because something refers to them, and what the store refused.

    An object to which somebody was just about to refer is in neither.
    """

    gone: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    refused: tuple[StorageRefused, ...] = ()


class DeleteUnneeded(Protocol):
    """Deletes the objects to which nothing refers. The container gives it to the stages."""

    def __call__(self, bucket: str, keys: Sequence[str]) -> Deleted:
        """Delete those of these objects of `uploads`, `vault` or `public`. One that the store refuses stops no other."""


def refer_to(connection: Connection, bucket: str, keys: Iterable[str]) -> frozenset[str]:
    """Keep the deletion of these objects from beginning until this transaction ends. Returns those that are being deleted already.

    Called by whoever makes a row name an object that somebody else wrote, before the row is written.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return frozenset()
    connection.execute(_SHARE, {"place": _place(bucket), "keys": wanted})
    query = select(object_deletion.c.key).where(
        object_deletion.c.bucket == bucket, object_deletion.c.key == any_(literal(wanted, ARRAY(Text)))
    )
    return frozenset(connection.execute(query).scalars())


def take(connection: Connection, bucket: str, keys: Iterable[str]) -> Sequence[str]:
    """Those of the keys to which nobody is about to refer, locked until this transaction ends. Waits for nobody."""
    return connection.execute(_TAKE, {"place": _place(bucket), "keys": sorted(set(keys))}).scalars().all()


def _place(bucket: str) -> str:
    return f"object:{bucket}:"
