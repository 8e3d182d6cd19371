"""Delete objects to which nothing refers: look under a lock, note it, delete, and forget the note (docs/adr/0025).

The note is what holds. It is written in the transaction that looked, and whoever would refer to the object meanwhile reads it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    any_,
    delete,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from pipeline.audit import checkpoints
from pipeline.avatar.tables import avatar
from pipeline.kernel.database import Database
from pipeline.kernel.errors import StorageMisconfigured, StorageRefused
from pipeline.kernel.ids import new_id
from pipeline.kernel.storage import Storage
from pipeline.review.tables import STILL_SEALED, sealed
from pipeline.submission.deletions import PUBLIC, UPLOADS, VAULT, Deleted, object_deletion, take
from pipeline.submission.presence import erased_object
from pipeline.submission.tables import material, rendition

AT_ONCE: Final = 200
"""So many objects in one transaction: each has a lock of its own, and the server has room for some thousands."""

LEFT_AFTER: Final = timedelta(hours=1)
"""A deletion that began so long ago was left by a worker that died. No task takes as long."""

_SEALED: Final = {bucket: and_(sealed.c.bucket == bucket, STILL_SEALED) for bucket in (UPLOADS, VAULT)}
_TO_ERASE: Final = {
    bucket: and_(erased_object.c.bucket == bucket, erased_object.c.deleted_at.is_(None)) for bucket in (UPLOADS, VAULT)
}

_REFERENCES: Final[dict[str, tuple[tuple[Column[Any], ColumnElement[bool] | None], ...]]] = {
    UPLOADS: ((material.c.upload_key, None), (sealed.c.key, _SEALED[UPLOADS])),
    VAULT: ((rendition.c.key, None), (sealed.c.key, _SEALED[VAULT])),
    PUBLIC: ((avatar.c.large_key, None), (avatar.c.small_key, None)),
}
"""Every column that refers to an object, by bucket, with the rows that count. Files of `erased_object` are added: an erasure deletes
them itself, and not while a legal hold lasts. Not its public pictures: these are taken down also under a hold."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Objects whose deletion is noted under a token of ours, and those that something refers to."""

    bucket: str
    token: UUID
    keys: Sequence[str]
    needed: frozenset[str]


class Deletions:
    """Deletes what nothing refers to. Any number of workers may delete the same objects; any of them may die at any time."""

    def __init__(self, db: Database, storage: Storage) -> None:
        self._db, self._storage = db, storage
        self._names = {UPLOADS: storage.uploads, VAULT: storage.vault, PUBLIC: storage.public}

    def __call__(self, bucket: str, keys: Sequence[str], *, erasing: UUID | None = None) -> Deleted:
        """Delete those to which nothing refers, and nobody is about to. `erasing` names the erasure that these files are of."""
        each = [self._delete(bucket, some, erasing) for some in _parts(keys)]
        return Deleted(
            frozenset().union(*(part.gone for part in each)),
            frozenset().union(*(part.needed for part in each)),
            tuple(refusal for part in each for refusal in part.refused),
        )

    def begin(self, connection: Connection, bucket: str, keys: Sequence[str], *, erasing: UUID | None = None) -> Begun:
        """Note the deletion in the caller's transaction; once that has committed, `carry_out` it. At most `AT_ONCE` keys.

        Where nobody carries it out, a sweep does.
        """
        free = take(connection, bucket, keys)
        needed = needed_of(connection, bucket, free, erasing=erasing)
        begun = Begun(bucket, new_id(), [key for key in free if key not in needed], needed)
        if begun.keys:
            rows = [{"bucket": bucket, "key": key, "token": begun.token} for key in begun.keys]
            taken_over = {"token": begun.token, "begun_at": func.now()}
            noted = insert(object_deletion).values(rows)
            connection.execute(noted.on_conflict_do_update(index_elements=["bucket", "key"], set_=taken_over))
        return begun

    def carry_out(self, begun: Begun) -> Deleted:
        """Delete the objects, then forget the notes; also of what the store does not delete, which the next sweep finds again."""
        gone: set[str] = set()
        refused: list[StorageRefused] = []
        for key in begun.keys:
            if self._is_mine(begun, key):
                refusal = self._delete_one(self._names[begun.bucket], key)
                gone.update([] if refusal else [key])
                refused += [refusal] if refusal else []
        if begun.keys:
            ours = (object_deletion.c.bucket == begun.bucket, object_deletion.c.token == begun.token)
            with self._db.begin() as connection:
                connection.execute(delete(object_deletion).where(*ours, _among(object_deletion.c.key, begun.keys)))
        return Deleted(frozenset(gone), begun.needed, tuple(refused))

    def resume(self) -> int:
        """Go on with deletions that were left. Returns how many objects went."""
        left = object_deletion.c.begun_at < func.now() - LEFT_AFTER
        with self._db.read() as connection:
            rows = connection.execute(select(object_deletion).where(left).limit(AT_ONCE)).all()
        count = 0
        for bucket in self._names:
            keys = [row.key for row in rows if row.bucket == bucket]
            with self._db.begin() as connection:
                begun = self.begin(connection, bucket, keys) if keys else None
                if begun is not None and begun.needed:
                    stays = _among(object_deletion.c.key, sorted(begun.needed))
                    connection.execute(delete(object_deletion).where(object_deletion.c.bucket == bucket, stays))
            count += len(self.carry_out(begun).gone) if begun is not None else 0
        return count

    def _delete(self, bucket: str, keys: Sequence[str], erasing: UUID | None) -> Deleted:
        with self._db.begin() as connection:
            begun = self.begin(connection, bucket, keys, erasing=erasing)
        return self.carry_out(begun)

    def _delete_one(self, name: str, key: str) -> StorageRefused | None:
        """What the store says against it. Its refusal of our settings is raised: it is no fault of the object."""
        try:
            self._storage.delete(name, key)
        except StorageMisconfigured:
            raise
        except StorageRefused as refusal:
            return refusal
        return None

    def _is_mine(self, begun: Begun, key: str) -> bool:
        """Asked before each object: a worker that was held up for long deletes nothing that was put anew meanwhile."""
        mine = and_(
            object_deletion.c.bucket == begun.bucket,
            object_deletion.c.key == key,
            object_deletion.c.token == begun.token,
        )
        with self._db.read() as connection:
            return bool(connection.execute(select(exists().where(mine))).scalar_one())


def needed_of(
    connection: Connection, bucket: str, keys: Sequence[str], *, erasing: UUID | None = None
) -> frozenset[str]:
    """Those of the objects to which something refers. One statement: what moves from one row to another is seen in one of them."""
    if not keys:
        return frozenset()
    own = {key for key in keys if bucket == VAULT and key.startswith(checkpoints.PREFIX)}
    places = [*_REFERENCES[bucket]]
    if bucket in _TO_ERASE:
        others = erased_object.c.erasure_id.is_distinct_from(erasing)
        places.append((erased_object.c.key, and_(_TO_ERASE[bucket], others)))
    first, *more = (_named(column, counts, keys) for column, counts in places)
    return frozenset({*own, *connection.execute(first.union_all(*more)).scalars()})


def _named(column: Column[Any], counts: ColumnElement[bool] | None, keys: Sequence[str]) -> Select[Any]:
    query = select(column).where(_among(column, keys))
    return query if counts is None else query.where(counts)


def _among(column: Column[Any], keys: Sequence[str]) -> ColumnElement[bool]:
    return column == any_(literal(list(keys), ARRAY(Text)))


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    left = iter(keys)
    while some := list(islice(left, AT_ONCE)):
        yield some
