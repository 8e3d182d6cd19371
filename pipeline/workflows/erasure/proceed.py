"""The second pass: everything that hiding left. Each step may be done again, so that a try that was killed is simply repeated."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, Select, cast, delete, func, select, update

from pipeline.events.outbound import emit
from pipeline.kernel.batches import BATCH, in_batches
from pipeline.kernel.database import JSON, Database
from pipeline.kernel.errors import Misconfigured
from pipeline.kernel.signing import Signer
from pipeline.kernel.storage import Storage
from pipeline.ownership.owners import hand_on
from pipeline.policy import Policy
from pipeline.submission import audit
from pipeline.submission.presence import erased_object, erasure, held, held_row
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.workflows.erasure.begin import record_next
from pipeline.workflows.erasure.mail_folder import delete_mails, mails_of
from pipeline.workflows.erasure.objects import counts_of, delete_objects, note_leftovers
from pipeline.workflows.erasure.progress import in_order
from pipeline.workflows.erasure.receipts import digest_of, signed
from pipeline.workflows.erasure.scrub import counted, scrub
from pipeline.workflows.erasure.subject import Subject
from schemas.erasure import Receipt
from schemas.events import EventType, MemberErased

log = structlog.get_logger()

ACTOR: Final = "erasure"
ROWS: Final = "rows"
FILES: Final = "files"
MAILS: Final = "mails"
KEPT_MAILS: Final = "mails_in_folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureContext:
    """The clients of an erasure. `mail_folder` is the embedded profile's; `signer` is None where the settings have no key."""

    db: Database
    storage: Storage
    policy: Policy
    mail_folder: Path | None
    signer: Signer | None


def proceed(task: Task, *, context: ErasureContext) -> None:
    """Erase what is left of the task's member; while a legal hold lasts nothing more. Raises Misconfigured without a signing key."""
    db, storage = context.db, context.storage
    found = _load(db, task)
    if found is None:
        with db.begin() as connection:
            ledger.finish(connection, task)
        return
    subject = Subject(found.member_id, found.id)
    ledger.renew(db, task)
    _rows(task, subject, db)
    note_leftovers(subject, db=db, storage=storage)
    delete_objects(task, subject, db=db, storage=storage)
    _done(db, subject, FILES)
    ledger.renew(db, task)
    _mails(subject, context)
    _finish_or_wait(task, subject, found, context)


def _load(db: Database, task: Task) -> Row[Any] | None:
    """The erasure; None where nothing is to be done now."""
    with db.read() as connection:
        mine = (erasure.c.id == UUID(task.ref_id), erasure.c.finished_at.is_(None))
        row = connection.execute(select(erasure).where(*mine)).one_or_none()
        return None if row is None or held(connection, row.member_id) else row


def _rows(task: Task, subject: Subject, db: Database) -> None:
    """A member with many rows takes several transactions, each of which goes on where the one before ended."""
    in_batches(db, partial(_scrub_some, subject), renew=partial(ledger.renew, db, task))
    with db.begin() as connection:
        connection.execute(delete(held_row).where(held_row.c.erasure_id == subject.erasure_id))
        _note(connection, subject, ROWS)


def _scrub_some(subject: Subject, connection: Connection) -> int:
    """A batch of the rows of one table, or all that is left. Returns how many of one table went."""
    counts = scrub(connection, subject, keep=False, slow=True, most=BATCH)
    counted(connection, subject, counts)
    return max(counts.values(), default=0)


def _mails(subject: Subject, context: ErasureContext) -> None:
    with context.db.read() as connection:
        message_ids, submissions = mails_of(connection, subject)
    deleted = delete_mails(context.mail_folder, message_ids=message_ids, submissions=submissions)
    with context.db.begin() as connection:
        counted(connection, subject, {KEPT_MAILS: deleted})
        _note(connection, subject, MAILS)


def _done(db: Database, subject: Subject, step: str) -> None:
    with db.begin() as connection:
        _note(connection, subject, step)


def _note(connection: Connection, subject: Subject, step: str) -> None:
    """Note when a step was done, the last time that it was."""
    at = cast(func.jsonb_build_object(step, func.now()), JSON)
    mine = erasure.c.id == subject.erasure_id
    connection.execute(update(erasure).where(mine).values(steps=erasure.c.steps.op("||")(at)))


def _finish_or_wait(task: Task, subject: Subject, found: Row[Any], context: ErasureContext) -> None:
    """Finish, unless somebody may still write an object of the member: then look once more when nobody can any longer."""
    with context.db.begin() as connection:
        ledger.finish(connection, task)
        left = connection.execute(select(func.extract("epoch", found.quiet_at - func.now()))).scalar_one()
        if left > 0:
            record_next(connection, subject.erasure_id, trace=task.trace, delay_seconds=float(left) + 1)
            return
        counted(connection, subject, scrub(connection, subject, keep=False, slow=True))
        _finish(connection, subject, context, trace=task.trace)
    log.info("member.erased", erasure_id=str(subject.erasure_id))


def _finish(connection: Connection, subject: Subject, context: ErasureContext, *, trace: str) -> None:
    if context.signer is None:
        raise Misconfigured("The receipt cannot be signed. Set PROOFDESK_RECEIPT_KEY, then retry this task.")
    owner = hand_on(connection, subject.member_id, to=subject.alias)
    counted(connection, subject, {"ownership": 1} if owner is not None else {})
    mine = erasure.c.id == subject.erasure_id
    row = connection.execute(select(erasure, func.now().label("now")).where(mine)).one()
    receipt = signed(_receipt(row, counts_of(connection, subject), context.policy, row.now), context.signer)
    ended = {"member_id": None, "finished_at": row.now, "receipt": receipt.model_dump(mode="json")}
    connection.execute(update(erasure).where(mine).values(ended))
    connection.execute(delete(erased_object).where(erased_object.c.erasure_id == subject.erasure_id))
    detail = {"member": row.member_digest, "erasure_id": str(row.id), "receipt": digest_of(receipt)}
    audit.write(connection, "member.erased", actor=ACTOR, correlation_id=trace, detail=detail)
    event = MemberErased(
        member_id=subject.member_id,
        erasure_id=row.id,
        asked_at=row.asked_at,
        finished_at=row.now,
        receipt_sha256=digest_of(receipt),
        version=connection.execute(_times(row)).scalar_one(),
    )
    emit(connection, EventType.MEMBER_ERASED, event, member_id=subject.member_id, trace=trace, service=owner)


def _times(row: Row[Any]) -> Select[Any]:
    """How often a member with this id was erased, this time included."""
    finished = (erasure.c.member_digest == row.member_digest, erasure.c.finished_at.is_not(None))
    return select(func.count()).select_from(erasure).where(*finished)


def _receipt(row: Row[Any], objects: Mapping[str, int], policy: Policy, now: datetime) -> Receipt:
    rows = {name: count for name, count in sorted(row.counts.items()) if name != KEPT_MAILS}
    return Receipt(
        erasure_id=row.id,
        member=row.member_digest,
        asked_at=row.asked_at,
        deadline_at=row.deadline_at,
        finished_at=now,
        steps=in_order(row.steps),
        rows=rows,
        objects=dict(objects),
        mails_in_folder=row.counts.get(KEPT_MAILS, 0),
        policy_version=policy.version,
    )
