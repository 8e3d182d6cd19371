"""What becomes of an upload slot: a submission uses it once, or it ends unused; what lies at its key goes either way."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select, update

from pipeline.intake.uploads import upload_slot
from pipeline.kernel.batches import in_batches, update_some
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Invalid, Problem
from pipeline.policy.files import Upload
from pipeline.submission.deletions import UPLOADS, DeleteUnneeded, refer_to
from pipeline.submission.tables import material

AFTER_EXPIRY: Final = timedelta(minutes=15)
"""A PUT that began just before the link expired has ended by then."""

_BATCH: Final = 200
MOST_ENDED: Final = 5_000
"""After so many the next run goes on."""


def use(connection: Connection, files: Mapping[str, str], *, now: datetime) -> Mapping[str, str]:
    """Mark the slots of a submission's files as used; `files` maps the path of each in the request to its key.

    Returns the media type that was declared for each slot, by its key. A key without a slot is an upstream service's own. Raises Invalid for a slot that was used or has ended, and for a file that is
    being deleted: from here on none of these files is, until the transaction ends.
    """
    gone = refer_to(connection, UPLOADS, files.values())
    columns = (upload_slot.c[name] for name in ("key", "media_type", "used_at", "ended_at"))
    mine = select(*columns).where(upload_slot.c.key.in_(files.values()))
    slots = {row.key: row for row in connection.execute(mine.order_by(upload_slot.c.key).with_for_update())}
    over = gone | {key for key, row in slots.items() if row.used_at is not None or row.ended_at is not None}
    if problems := [_problem(path) for path, key in files.items() if key in over]:
        raise Invalid(problems)
    connection.execute(update(upload_slot).where(upload_slot.c.key.in_(slots)).values(used_at=now))
    return {key: row.media_type for key, row in slots.items()}


def end_slots(*, now: datetime, db: Database, rules: Upload, delete_unneeded: DeleteUnneeded) -> int:
    """End slots that no submission used in time, and used ones whose link has expired, and delete what lies at their keys.

    A late PUT into a used slot leaves such an object, which nothing reads. Returns how many slots ended, at most `MOST_ENDED`. Safe to
    be stopped at any time: a slot is gone only after its object. Raises StorageRefused where the store does not delete one.
    """
    over = and_(upload_slot.c.ended_at.is_(None), _is_over(now, rules))
    in_batches(db, lambda connection: update_some(connection, upload_slot, over, {"ended_at": now}), renew=lambda: None)
    count = 0
    while count < MOST_ENDED and (keys := _ended(db)):
        done = delete_unneeded(UPLOADS, keys)
        settled = upload_slot.c.key.in_(done.gone | done.needed)
        with db.begin() as connection:
            count += connection.execute(delete(upload_slot).where(settled)).rowcount
        if done.refused:
            raise done.refused[0]
        if not done.gone | done.needed:
            break  # somebody is about to refer to each of them; the next run looks again
    return count


def _is_over(now: datetime, rules: Upload) -> ColumnElement[bool]:
    unused = upload_slot.c.used_at.is_(None) & (upload_slot.c.created_at < now - timedelta(hours=rules.unused_hours))
    looked_at = ~exists().where(material.c.upload_key == upload_slot.c.key)
    used = upload_slot.c.used_at.is_not(None) & (upload_slot.c.expires_at < now - AFTER_EXPIRY) & looked_at
    return or_(unused, used)


def _ended(db: Database) -> list[str]:
    with db.read() as connection:
        ended = select(upload_slot.c.key).where(upload_slot.c.ended_at.is_not(None)).limit(_BATCH)
        return list(connection.execute(ended).scalars())


def _problem(path: str) -> Problem:
    message = "This upload was used for a submission before, or has ended. Upload the file again, into a new slot."
    return Problem(path, "upload_used", message)
