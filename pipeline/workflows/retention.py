"""Delete what is past its retention: originals, orphaned renditions and avatars, keys, events, and tasks long done."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

import structlog
from sqlalchemy import Connection, delete, func, or_, select

from pipeline.access.member_sessions import forget_ended
from pipeline.access.staff.sessions import forget_signed_out
from pipeline.avatar.tables import avatar
from pipeline.events.tables import event
from pipeline.intake.uploads import upload_slot
from pipeline.kernel.database import Database
from pipeline.kernel.idempotency import idempotency
from pipeline.kernel.storage import Storage
from pipeline.policy import Policy
from pipeline.submission.lifecycle import OPEN
from pipeline.submission.tables import material, rendition, submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.operate import forget_done

log = structlog.get_logger()

ORPHAN_AGE: Final = timedelta(hours=6)
"""A rendition that no row names is an orphan once it is older than any try of a task can last."""

DONE_TASK_DAYS: Final = 30
SLOT_AGE: Final = timedelta(days=30)
_BATCH: Final = 500


def sweep_storage(task: Task, *, now: datetime, db: Database, storage: Storage, policy: Policy) -> None:
    """Delete renditions of tries that did not finish, avatars that are not shown, and originals past their retention."""
    orphans = sum(_delete(storage, storage.vault, keys) for keys in _orphans(db, storage, now - ORPHAN_AGE))
    kept_until = now - timedelta(days=policy.upload.retention_days)
    originals = sum(_delete(storage, storage.uploads, keys) for keys in _expired(db, storage, kept_until))
    unshown = sum(_delete(storage, storage.public, keys) for keys in _unshown(db, storage, now - ORPHAN_AGE))
    with db.begin() as connection:
        ledger.finish(connection, task)
    log.info("storage.swept", orphans=orphans, originals=originals, unseen_avatars=unshown)


def forget_old(task: Task, *, db: Database, policy: Policy) -> None:
    """Delete idempotency keys and events past their retention, and tasks, runs, slots and sessions that are long done."""
    before = func.now() - timedelta(hours=policy.idempotency.retention_hours)
    with db.begin() as connection:
        ledger.finish(connection, task)
        keys = connection.execute(delete(idempotency).where(idempotency.c.created_at < before)).rowcount
        tasks = forget_done(connection, days=DONE_TASK_DAYS)
        slots = connection.execute(delete(upload_slot).where(upload_slot.c.expires_at < func.now() - SLOT_AGE)).rowcount
        forget_signed_out(connection, policy.sign_in)
        kept_since = func.now() - timedelta(days=policy.events.retention_days)
        events = connection.execute(delete(event).where(event.c.at < kept_since)).rowcount
        sessions = forget_ended(connection)
    log.info("ledger.forgot", idempotency_keys=keys, tasks=tasks, upload_slots=slots, events=events, sessions=sessions)


def _orphans(db: Database, storage: Storage, before: datetime) -> Iterator[list[str]]:
    for keys in _batches(_older(storage, storage.vault, before)):
        with db.read() as connection:
            named = set(connection.execute(select(rendition.c.key).where(rendition.c.key.in_(keys))).scalars())
        yield [key for key in keys if key not in named]


def _unshown(db: Database, storage: Storage, before: datetime) -> Iterator[list[str]]:
    """Public pictures that no member's avatar names: a worker that lost its lease put them there."""
    for keys in _batches(_older(storage, storage.public, before)):
        with db.read() as connection:
            rows = connection.execute(
                select(avatar.c.large_key, avatar.c.small_key).where(
                    or_(avatar.c.large_key.in_(keys), avatar.c.small_key.in_(keys))
                )
            )
            named = {key for row in rows for key in row}
        yield [key for key in keys if key not in named]


def _expired(db: Database, storage: Storage, before: datetime) -> Iterator[list[str]]:
    for keys in _batches(_older(storage, storage.uploads, before)):
        with db.read() as connection:
            needed = _needed(connection, keys)
        yield [key for key in keys if key not in needed]


def _needed(connection: Connection, keys: list[str]) -> set[str]:
    rows = connection.execute(
        select(material.c.upload_key)
        .join(submission, submission.c.id == material.c.submission_id)
        .where(material.c.upload_key.in_(keys), submission.c.state.in_(OPEN))
    )
    return set(rows.scalars())


def _older(storage: Storage, bucket: str, before: datetime) -> Iterator[str]:
    return (key for key, written_at in storage.listed(bucket) if written_at < before)


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(keys)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _delete(storage: Storage, bucket: str, keys: list[str]) -> int:
    for key in keys:
        storage.delete(bucket, key)
    return len(keys)
