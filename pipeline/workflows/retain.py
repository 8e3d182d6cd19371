"""Delete what is kept long enough, kind by kind and in batches (policy `[retention]`, docs/retention.md).

A row loses its file in the transaction that notes the file's deletion (`deletions.py`), so that a process which dies leaves a note that
the next sweep of the store carries out, and a file to which another row refers stays.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import (
    ColumnElement,
    Table,
    Text,
    and_,
    cast,
    exists,
    func,
    or_,
)

from pipeline.events.inbound import inbound_event
from pipeline.inspection.fingerprints import fingerprint
from pipeline.kernel.batches import BATCH, Renew, delete_in_batches, in_batches, update_some
from pipeline.kernel.database import Database
from pipeline.kernel.storage import Storage
from pipeline.notification.tables import mail
from pipeline.policy import Policy
from pipeline.review.cases.sealed import destroy_final, release_ended
from pipeline.review.tables import escalation, opinion
from pipeline.submission.presence import hold, is_held
from pipeline.submission.tables import business_email, decision, finding, material, submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import ACCEPT, TaskState
from pipeline.tasks.tables import task as task_table
from pipeline.verification.tax_number import tax_number
from pipeline.workflows.closed_submissions import Closed, is_latest
from pipeline.workflows.deletions import Deletions
from pipeline.workflows.erasure.holds import end_past_holds, resume_erasures
from pipeline.workflows.retain_files import drop_renditions, forget_originals

log = structlog.get_logger()

_NOTHING: Final[dict[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Due:
    """Rows whose time is over: deleted, or left with `blank` in their columns."""

    kind: str
    table: Table
    over: ColumnElement[bool]
    blank: Mapping[str, Any] | None = None


def retain(task: Task, *, now: datetime, db: Database, storage: Storage, policy: Policy) -> None:
    """Sweep every kind; then go on with erasures whose hold has ended. `now` is the database's time."""
    counts = {
        "originals": forget_originals(task, now, db, Deletions(db, storage), policy),
        "renditions": drop_renditions(task, now, db, Deletions(db, storage), policy),
    }
    for due in _due_rows(now, policy):
        counts[due.kind] = counts.get(due.kind, 0) + _swept(db, due, renew=partial(ledger.renew, db, task))
    swept = partial(in_batches, db, renew=partial(ledger.renew, db, task))
    counts["redactions"] = swept(partial(destroy_final, now=now, policy=policy, most=BATCH))
    counts["originals_released"] = swept(partial(release_ended, most=BATCH))
    counts["holds"] = swept(partial(end_past_holds, most=BATCH))
    counts["erasures_resumed"] = swept(partial(resume_erasures, trace=task.trace, most=BATCH))
    with db.begin() as connection:
        ledger.finish(connection, task)
    log.info("retention.swept", **counts)


def _due_rows(now: datetime, policy: Policy) -> Iterator[Due]:
    kept = policy.retention
    said = Closed.of(kept.facts, now)
    nothing_said = {"facts": _NOTHING, "message": None, "note": None}
    for table in (decision, opinion):
        yield Due("facts", table, table.c.submission_id.in_(said.submissions), nothing_said)
    yield Due("facts", escalation, escalation.c.submission_id.in_(said.submissions), {"note": ""})
    yield Due("facts", finding, finding.c.submission_id.in_(said.submissions), {"message": "", "detail": _NOTHING})
    read = {"signals": None, "filename": None, "declared_type": None}
    yield Due("facts", material, material.c.submission_id.in_(said.submissions), read)
    for evidence in (business_email, tax_number):
        yield Due("facts", evidence, evidence.c.submission_id.in_(said.submissions))
    has_form = submission.c.form.is_not(None)
    yield Due("forms", submission, and_(said.condition, has_form), {"form": _NOTHING})
    yield Due("forms", submission, and_(said.condition, ~is_latest()), {"member": {"name": "", "email": ""}})
    alike = Closed.of(kept.fingerprints, now)
    yield Due("fingerprints", fingerprint, fingerprint.c.material_id.in_(alike.materials))
    yield Due("mails", mail, _old_mails(now, policy), _EMPTY_MAIL)
    yield Due("contacts", inbound_event, _old_contacts(now, policy), {"contact": None})
    yield Due("parked_messages", task_table, _old_messages(now, policy))


_EMPTY_MAIL: Final = {"recipient": "", "subject": "", "text": "", "html": "", "headers": None, "last_error": None}


def _old_mails(now: datetime, policy: Policy) -> ColumnElement[bool]:
    """Mails that are not on their way, of a submission or of none."""
    of_submission = mail.c.submission_id.in_(Closed.of(policy.retention.mails, now).submissions)
    before = now - timedelta(days=policy.retention.other_mails)
    of_none = and_(mail.c.submission_id.is_(None), mail.c.frozen_at < before, ~is_held(mail.c.member_id))
    return and_(mail.c.state.in_(("sent", "withdrawn", "suppressed", "held")), or_(of_submission, of_none))


def _old_contacts(now: datetime, policy: Policy) -> ColumnElement[bool]:
    """What events said of how to reach a member."""
    before = now - timedelta(days=policy.retention.other_mails)
    told = (inbound_event.c.contact.is_not(None), inbound_event.c.received_at < before)
    return and_(*told, ~is_held(inbound_event.c.member_id))


def _old_messages(now: datetime, policy: Policy) -> ColumnElement[bool]:
    """Parked messages of the queue door, unless they name a member under a hold."""
    before = now - timedelta(days=policy.retention.parked_messages)
    words = cast(task_table.c.payload, Text)
    kept = exists().where(hold.c.until > func.now(), func.strpos(words, hold.c.member_id) > 0)
    parked = (task_table.c.kind == ACCEPT.name, task_table.c.state == TaskState.PARKED)
    return and_(*parked, task_table.c.ended_at < before, ~kept)


def _swept(db: Database, due: Due, *, renew: Renew) -> int:
    """Batch by batch, each in a transaction of its own."""
    table = due.table
    blank = due.blank
    changes = (
        None
        if blank is None
        else or_(*(table.c[name].is_distinct_from(_as(table, name, value)) for name, value in blank.items()))
    )
    if blank is None or changes is None:
        return delete_in_batches(db, table, due.over, renew=renew)
    over = and_(due.over, changes)
    return in_batches(db, lambda connection: update_some(connection, table, over, blank), renew=renew)


def _as(table: Table, name: str, value: Any) -> Any:
    return cast(value, table.c[name].type) if value is not None else None
