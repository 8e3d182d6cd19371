"""The files of an erased member: named while rows still name them, deleted in batches, each deletion noted."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, literal, select, union, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONPATH, insert

from pipeline.avatar.tables import avatar
from pipeline.inspection import originals
from pipeline.intake.uploads import upload_slot
from pipeline.kernel.database import Database
from pipeline.kernel.storage import Storage
from pipeline.review.tables import sealed
from pipeline.submission.presence import erased_object
from pipeline.submission.tables import material, rendition
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.tables import task as task_table
from pipeline.workflows.erasure.places import parked_messages
from pipeline.workflows.erasure.subject import Subject

UPLOADS: Final = "uploads"
VAULT: Final = "vault"
PUBLIC: Final = "public"
_BATCH: Final = 100


def note_objects(connection: Connection, subject: Subject) -> None:
    """Note the key of every file that a row of the member names. A key that another member's row names, too, is not theirs alone."""
    others = union(
        *(
            select(key).where(material.c.submission_id.not_in(subject.submissions), key.is_not(None))
            for key in (material.c.upload_key, material.c.given_key)
        ),
        select(upload_slot.c.key).where(
            upload_slot.c.owner.startswith("member:"), upload_slot.c.owner != subject.speaker
        ),
    )
    named = union(*(select(literal(bucket), key).where(mine) for bucket, key, mine in _named(subject))).subquery()
    bucket, key = named.c
    shared = (bucket == UPLOADS) & key.in_(others)
    found = select(literal(subject.erasure_id), bucket, key).where(key.is_not(None), ~shared)
    _keep(connection, found)


def _named(subject: Subject) -> Sequence[tuple[str, Any, ColumnElement[bool]]]:
    theirs = avatar.c.member_id == subject.member_id
    each_key = func.jsonb_path_query(task_table.c.payload, cast("$.**.key", JSONPATH)).op("#>>")(
        literal([], ARRAY(Text))
    )
    covered = sealed.c.material_id.in_(subject.materials)
    return (
        (VAULT, rendition.c.key, rendition.c.material_id.in_(subject.materials)),
        (UPLOADS, material.c.upload_key, material.c.submission_id.in_(subject.submissions)),
        (UPLOADS, material.c.given_key, material.c.submission_id.in_(subject.submissions)),
        (UPLOADS, upload_slot.c.key, upload_slot.c.owner == subject.speaker),
        (UPLOADS, each_key, parked_messages(subject)),
        (PUBLIC, avatar.c.large_key, theirs),
        (PUBLIC, avatar.c.small_key, theirs),
        (VAULT, sealed.c.key, covered & (sealed.c.bucket == VAULT)),
        (UPLOADS, sealed.c.key, covered & (sealed.c.bucket == UPLOADS)),
    )


def note_leftovers(subject: Subject, *, db: Database, storage: Storage) -> None:
    """Note what no row names: originals and renditions of tries that did not finish, and what a worker wrote that had lost its task."""
    with db.read() as connection:
        ids = connection.execute(subject.submissions).scalars().all()
    for submission_id in ids:
        for bucket, name, prefix in (
            (UPLOADS, storage.uploads, f"{originals.PREFIX}{submission_id}/"),
            (VAULT, storage.vault, f"{submission_id}/"),
            (PUBLIC, storage.public, f"avatars/{submission_id}/"),
        ):
            keys = [key for key, _ in storage.listed(name, prefix=prefix)]
            if keys:
                rows = [{"erasure_id": subject.erasure_id, "bucket": bucket, "key": key} for key in keys]
                with db.begin() as connection:
                    again = insert(erased_object).values(rows)
                    connection.execute(
                        again.on_conflict_do_update(
                            index_elements=["erasure_id", "bucket", "key"], set_={"deleted_at": None}
                        )
                    )


def delete_objects(task: Task, subject: Subject, *, db: Database, storage: Storage) -> None:
    """Delete what was noted. Killed in between, the next try deletes again what it deleted last: that changes nothing."""
    names = {UPLOADS: storage.uploads, VAULT: storage.vault, PUBLIC: storage.public}
    mine = (erased_object.c.erasure_id == subject.erasure_id, erased_object.c.deleted_at.is_(None))
    while True:
        with db.read() as connection:
            rows = connection.execute(select(erased_object).where(*mine).limit(_BATCH)).all()
        if not rows:
            return
        ledger.renew(db, task)
        for row in rows:
            storage.delete(names[row.bucket], row.key)
        with db.begin() as connection:
            for row in rows:
                this = (erased_object.c.bucket == row.bucket, erased_object.c.key == row.key)
                connection.execute(update(erased_object).where(*mine, *this).values(deleted_at=func.now()))


def counts_of(connection: Connection, subject: Subject) -> dict[str, int]:
    """How many files were deleted, by bucket."""
    mine = erased_object.c.erasure_id == subject.erasure_id
    query = select(erased_object.c.bucket, func.count().label("files")).where(mine).group_by(erased_object.c.bucket)
    return {row.bucket: row.files for row in connection.execute(query)}


def _keep(connection: Connection, found: Select[Any]) -> None:
    columns = ["erasure_id", "bucket", "key"]
    connection.execute(insert(erased_object).from_select(columns, found).on_conflict_do_nothing())
