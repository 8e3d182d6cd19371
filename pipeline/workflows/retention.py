from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy import and_, func

from pipeline.access.member_sessions import forget_ended
from pipeline.access.staff.sessions import forget_signed_out
from pipeline.events.tables import event
from pipeline.inspection.originals import PREFIX
from pipeline.intake.slots import MOST_ENDED, end_slots
from pipeline.kernel.batches import delete_in_batches
from pipeline.kernel.database import Database
from pipeline.kernel.errors import StorageRefused
from pipeline.kernel.idempotency import idempotency
from pipeline.kernel.ids import new_id
from pipeline.kernel.storage import Storage
from pipeline.policy import Policy
from pipeline.submission.deletions import PUBLIC, UPLOADS, VAULT
from pipeline.submission.presence import is_held
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.operate import forget_done
from pipeline.tasks.processes import forget_ended_processes
from pipeline.tasks.rules import SWEEP_STORAGE
from pipeline.workflows.deletions import Deletions
from pipeline.workflows.storage_sweep import Outcome, Slice, StorageSweep

log = structlog.get_logger()

ORPHAN_AGE: Final = timedelta(hours=6)
"""A rendition that no row names is an orphan once it is older than any try of a task can last."""

DONE_TASK_DAYS: Final = 30


def sweep_storage(
    task: Task, *, now: datetime, db: Database, storage: Storage, policy: Policy, part: Slice | None = None
) -> None:
    """Delete what tries that did not finish left, avatars that are not shown, files in quarantine that no submission names, and slots that ended.

    One slice of a pass over the buckets: it goes on where the last one ended, and records the task of the next. `now` is the database's
    time. An object that the store does not delete (a legal hold, a right that is missing) stops no other; the last task of the pass is
    parked for it.
    """
    deletions = Deletions(db, storage)
    resumed = deletions.resume()
    slots = end_slots(now=now, db=db, rules=policy.upload, delete_unneeded=deletions)
    swept = StorageSweep(db, storage, ages=_ages(now, policy), part=part or Slice()).run()
    log.info(
        "storage.swept",
        orphans=swept.deleted[VAULT],
        originals=swept.deleted[UPLOADS],
        unseen_avatars=swept.deleted[PUBLIC],
        upload_slots=slots,
        resumed=resumed,
        refused=swept.refused,
        looked_at=swept.looked_at,
        pass_ended=swept.outcome is Outcome.FINISHED,
    )
    if swept.outcome is Outcome.FINISHED and swept.refused:
        raise StorageRefused(f"{swept.refused} objects stay, the first because: {swept.refusal}", reason="objects_stay")
    with db.begin() as connection:
        ledger.finish(connection, task)
        if swept.outcome is Outcome.MORE or slots >= MOST_ENDED:
            ledger.record(connection, SWEEP_STORAGE, new_id(), trace=task.trace)


def _ages(now: datetime, policy: Policy) -> Mapping[str, datetime]:
    """What was written after this time stays, by the beginning of bucket and key; the first that fits counts."""
    orphan, given = now - ORPHAN_AGE, now - timedelta(days=policy.upload.retention_days)
    return {f"{UPLOADS}/{PREFIX}": orphan, f"{UPLOADS}/": given, "": orphan}


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
