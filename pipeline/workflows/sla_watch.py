"""Watch due times: emit once that a result is due soon, and once that it is overdue. Any number of workers may watch."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, exists, select, tuple_, update

from pipeline.events.outbound import emit
from pipeline.kernel.database import Database
from pipeline.policy import Policy
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission import audit
from pipeline.submission.accepted_policy import stage_of
from pipeline.submission.context import Context
from pipeline.submission.lifecycle import OPEN, State
from pipeline.submission.mail_contract import MemberMail
from pipeline.submission.tables import submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.workflows.rules.sla import Progress, Sign, next_step
from pipeline.workflows.sla_report import NO_RESULT_OWED, brings_the_result
from schemas.events import EventType, SubmissionDue

log = structlog.get_logger()

ACTOR: Final = "clock"
BATCH: Final = 200


def watch(task: Task, *, now: datetime, context: Context) -> None:
    """Look at every submission whose `watch_at` has come, and mail a member whose result may be late.

    Each is looked at in a transaction of its own, under the lock of its row; other workers skip it. One that fails never stops the
    rest: the next run tries it again.
    """
    signs: Counter[str] = Counter()
    for batch in _batches(context.db, now):
        ledger.renew(context.db, task)
        signs.update(sign for each in batch if (sign := _look_at(each, now, context)) is not None)
    with context.db.begin() as connection:
        ledger.finish(connection, task)
    log.info("sla.watched", due_soon=signs[Sign.DUE_SOON], overdue=signs[Sign.OVERDUE])


def _batches(db: Database, now: datetime) -> Iterator[Sequence[UUID]]:
    """The ids of the submissions to look at, each once, the longest waiting first."""
    place = tuple_(submission.c.watch_at, submission.c.id)
    query = select(*place.clauses).where(submission.c.watch_at <= now).order_by(*place.clauses).limit(BATCH)
    asked = query
    while True:
        with db.read() as connection:
            rows = connection.execute(asked).all()
        if not rows:
            return
        yield [row.id for row in rows]
        asked = query.where(place > tuple_(rows[-1].watch_at, rows[-1].id))


def _look_at(submission_id: UUID, now: datetime, context: Context) -> Sign | None:
    try:
        with context.db.begin() as connection:
            row = _locked(connection, submission_id, now)
            return _record(connection, row, now, context) if row is not None else None
    except Exception as error:
        if ledger.is_outage(error):
            raise
        log.exception("sla.look_failed", submission_id=str(submission_id))
        return None


def _locked(connection: Connection, submission_id: UUID, now: datetime) -> Row[Any] | None:
    """The submission, locked; None where another worker has it, or has looked at it since."""
    query = select(submission, exists().where(brings_the_result()).label("has_result"))
    mine = (submission.c.id == submission_id, submission.c.watch_at <= now)
    return connection.execute(query.where(*mine).with_for_update(skip_locked=True, of=submission)).one_or_none()


def _record(connection: Connection, row: Row[Any], now: datetime, context: Context) -> Sign | None:
    """Record the look, and emit and mail what follows from it."""
    is_over = row.has_result or row.state in NO_RESULT_OWED
    step = next_step(Progress(row.state in OPEN, is_over, row.warned_at is not None, row.due_at), now)
    warned = {"warned_at": now} if step.sign is Sign.DUE_SOON else {}
    connection.execute(
        update(submission).where(submission.c.id == row.id).values({"watch_at": step.again_at, **warned})
    )
    if step.sign is not None:
        event_id = _emit(connection, row, step.sign, actor=context.actor)
        if warned and row.state != State.AWAITING_CODE:  # that one waits for the member
            context.notify_member(connection, _delay_mail(connection, row, event_id, context.policy))
    return step.sign


def _delay_mail(connection: Connection, row: Row[Any], event_id: UUID, policy: Policy) -> MemberMail:
    stage = stage_of(connection, row.stage, row.policy_version, present=policy) if row.stage else None
    facts = {"kind": row.kind, "stage_title": stage.title if stage else None, "due_at": row.due_at}
    return MemberMail(event_id, MailTemplate.REVIEW_DELAYED, row.member_id, facts, row.correlation_id)


def _emit(connection: Connection, row: Row[Any], sign: Sign, *, actor: str) -> UUID:
    """Emit the sign and write it into the audit. Returns the event's id."""
    event, why = EventType(f"submission.{sign}"), row.due_rule["sentence"]
    due = SubmissionDue(
        submission_id=row.id,
        member_id=row.member_id,
        kind=row.kind,
        method=row.method,
        stage=row.stage,
        identity=row.identity,
        state=row.state,
        version=row.version,
        due_at=row.due_at,
        why=why,
        correlation_id=row.correlation_id,
    )
    event_id = emit(connection, event, due, member_id=row.member_id, trace=row.correlation_id, service=row.service)
    audit.write(
        connection,
        event,
        actor=actor,
        submission_id=row.id,
        correlation_id=row.correlation_id,
        detail={"due_at": row.due_at.isoformat(), "why": why},
    )
    return event_id
