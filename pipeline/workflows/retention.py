from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Final

import structlog
from sqlalchemy import Connection, and_, func, or_, select

from pipeline.access.member_sessions import forget_ended
from pipeline.access.staff.sessions import forget_signed_out
from pipeline.audit import checkpoints as checkpoint
from pipeline.avatar.tables import avatar
from pipeline.events.tables import event
from pipeline.inspection.originals import PREFIX
from pipeline.intake.slots import end_slots
from pipeline.kernel.batches import delete_in_batches
from pipeline.kernel.database import Database
from pipeline.kernel.errors import StorageRefused
from pipeline.kernel.idempotency import idempotency
from pipeline.kernel.storage import Storage
from pipeline.policy import Policy
from pipeline.review.tables import STILL_SEALED, sealed
from pipeline.submission.presence import is_held
from pipeline.submission.tables import material, rendition
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.operate import forget_done
from pipeline.tasks.processes import forget_ended_processes

log = structlog.get_logger()

ORPHAN_AGE: Final = timedelta(hours=6)
"""A rendition that no row names is an orphan once it is older than any try of a task can last."""

DONE_TASK_DAYS: Final = 30
_BATCH: Final = 500
_ENOUGH_REFUSALS: Final = 100
"""After so many a sweep goes on with no further batch of this bucket: the store deletes nothing."""

Needed = Callable[[Connection, list[str]], set[str]]
"""Which of these objects must stay."""


def sweep_storage(task: Task, *, now: datetime, db: Database, storage: Storage, policy: Policy) -> None:
    """Delete what tries that did not finish left, avatars that are not shown, files in quarantine that no submission names, and slots that ended.

    An object that the store does not delete (a legal hold, a right that is missing) stops no other. The task is parked at the end.
    """
    refusals: list[StorageRefused] = []
    sweep = partial(_sweep, db, storage, refusals)
    kept_until = now - timedelta(days=policy.upload.retention_days)
    orphans = sweep(storage.vault, before=now - ORPHAN_AGE, needed=_named_renditions)
    originals = sweep(storage.uploads, before=kept_until, needed=_named_uploads)
    untaken = sweep(storage.uploads, prefix=PREFIX, before=now - ORPHAN_AGE, needed=_named_uploads)
    slots = end_slots(now=now, db=db, storage=storage, rules=policy.upload)
    unshown = sweep(storage.public, before=now - ORPHAN_AGE, needed=_shown_pictures)
    log.info(
        "storage.swept",
        orphans=orphans + untaken,
        originals=originals,
        unseen_avatars=unshown,
        upload_slots=slots,
        refused=len(refusals),
    )
    if refusals:
        raise StorageRefused(
            f"{len(refusals)} objects stay, the first because: {refusals[0]}", reason=refusals[0].reason
        )
    with db.begin() as connection:
        ledger.finish(connection, task)


def forget_old(task: Task, *, db: Database, policy: Policy) -> None:
    """Delete idempotency keys and events past their retention, and tasks, runs and sessions that are long done. A try that fails keeps what it did."""
    renew = partial(ledger.renew, db, task)
    before = func.now() - timedelta(hours=policy.idempotency.retention_hours)
    keys = delete_in_batches(db, idempotency, idempotency.c.created_at < before, renew=renew)
    tasks = forget_done(db, days=DONE_TASK_DAYS, renew=renew)
    forget_signed_out(db, policy.sign_in, renew=renew)
    kept_since = func.now() - timedelta(days=policy.events.retention_days)
    old = and_(event.c.at < kept_since, ~is_held(event.c.member_id))
    events = delete_in_batches(db, event, old, renew=renew)
    sessions = forget_ended(db, renew=renew)
    forget_ended_processes(db, renew=renew)
    with db.begin() as connection:
        ledger.finish(connection, task)
    log.info("ledger.forgot", idempotency_keys=keys, tasks=tasks, events=events, sessions=sessions)


def _sweep(
    db: Database,
    storage: Storage,
    refusals: list[StorageRefused],
    bucket: str,
    *,
    before: datetime,
    needed: Needed,
    prefix: str = "",
) -> int:
    """Delete the objects of a bucket that are older than `before` and not needed. Returns how many."""
    deleted, stay = 0, 0
    older = (key for key, written_at in storage.listed(bucket, prefix=prefix) if written_at < before)
    while keys := list(islice(older, _BATCH)):
        with db.read() as connection:
            kept = needed(connection, keys)
        unneeded = [each for each in keys if each not in kept]
        refused = storage.delete_each(bucket, unneeded)
        deleted += len(unneeded) - len(refused)
        refusals += refused
        stay += len(refused)
        if stay >= _ENOUGH_REFUSALS:
            break
    return deleted


def _named_renditions(connection: Connection, keys: list[str]) -> set[str]:
    """Those that a page shows, those that are sealed, and the checkpoints of the audit, which no row names and which are never deleted."""
    checkpoints = {key for key in keys if key.startswith(checkpoint.PREFIX)}
    named = select(rendition.c.key).where(rendition.c.key.in_(keys))
    kept = select(sealed.c.key).where(sealed.c.key.in_(keys), STILL_SEALED)
    return {*checkpoints, *connection.execute(named).scalars(), *connection.execute(kept).scalars()}


def _shown_pictures(connection: Connection, keys: list[str]) -> set[str]:
    """Those that a member's avatar names. A worker that lost its lease may have put others there."""
    shown = or_(avatar.c.large_key.in_(keys), avatar.c.small_key.in_(keys))
    rows = connection.execute(select(avatar.c.large_key, avatar.c.small_key).where(shown))
    return {key for row in rows for key in row}


def _named_uploads(connection: Connection, keys: list[str]) -> set[str]:
    """Those of a submission, which go by `[retention]`, and those that are sealed."""
    named = select(material.c.upload_key).where(material.c.upload_key.in_(keys))
    kept = select(sealed.c.key).where(sealed.c.key.in_(keys), STILL_SEALED)
    return {*connection.execute(named).scalars(), *connection.execute(kept).scalars()}
