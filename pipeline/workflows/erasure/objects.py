"""The files of an erased member: named while rows still name them, deleted in batches, each deletion noted."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, cast, delete, func, literal, select, union, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONPATH, insert

from pipeline.avatar.tables import avatar
from pipeline.inspection import originals
from pipeline.intake.uploads import upload_slot
from pipeline.kernel.database import Database
from pipeline.kernel.errors import RetryableError
from pipeline.kernel.storage import Storage
from pipeline.review.tables import sealed
from pipeline.submission.deletions import PUBLIC, UPLOADS, VAULT
from pipeline.submission.presence import erased_object
from pipeline.submission.tables import material, rendition
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.tables import task as task_table
from pipeline.workflows.deletions import Deletions
from pipeline.workflows.erasure.places import parked_messages
from pipeline.workflows.erasure.subject import Subject

_BATCH: Final = 100


class FilesInUse(RetryableError):
    """A submission of somebody else that names one of the files is just being accepted. The erasure looks again."""

    code = "files_in_use"


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
    """Delete what was noted, but for a file that somebody else's row has named since: that is not theirs alone, and is noted no more.

    Killed in between, the next try deletes again what it deleted last: that changes nothing. Raises StorageRefused.
    """
    deletions = Deletions(db, storage)
    mine = (erased_object.c.erasure_id == subject.erasure_id, erased_object.c.deleted_at.is_(None))
    while True:
        with db.read() as connection:
            rows = connection.execute(select(erased_object).where(*mine).limit(_BATCH)).all()
        if not rows:
            return
        ledger.renew(db, task)
        settled = [_delete(rows, bucket, mine, deletions, subject, db) for bucket in (UPLOADS, VAULT, PUBLIC)]
        if not any(settled):
            raise FilesInUse("Somebody is just about to submit a file of this member under their own name.")


def _delete(
    rows: Sequence[Row[Any]],
    bucket: str,
    mine: tuple[ColumnElement[bool], ...],
    deletions: Deletions,
    subject: Subject,
    db: Database,
) -> int:
    """Delete what was noted of one bucket; of how many objects it is known now that they are gone or somebody else's."""
    keys = [row.key for row in rows if row.bucket == bucket]
    done = deletions(bucket, keys, erasing=subject.erasure_id)
    here = (*mine, erased_object.c.bucket == bucket)
    gone, anothers = (erased_object.c.key.in_(each) for each in (done.gone, done.needed))
    with db.begin() as connection:
        connection.execute(update(erased_object).where(*here, gone).values(deleted_at=func.now()))
        connection.execute(delete(erased_object).where(*here, anothers))
    if done.refused:
        raise done.refused[0]
    return len(done.gone | done.needed)


def counts_of(connection: Connection, subject: Subject) -> dict[str, int]:
    """How many files were deleted, by bucket."""
    mine = erased_object.c.erasure_id == subject.erasure_id
    query = select(erased_object.c.bucket, func.count().label("files")).where(mine).group_by(erased_object.c.bucket)
    return {row.bucket: row.files for row in connection.execute(query)}


def _keep(connection: Connection, found: Select[Any]) -> None:
    columns = ["erasure_id", "bucket", "key"]
    connection.execute(insert(erased_object).from_select(columns, found).on_conflict_do_nothing())
