"""Watch promises: tell once that a result will soon be late, and once that it is. Any number may watch."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, exists, select, tuple_, update

from pipeline.events.outbound import emit
from pipeline.kernel.database import Database
from pipeline.kernel.errors import RetryableError
from pipeline.policy import Policy
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission import audit
from pipeline.submission.lifecycle import OPEN, State
from pipeline.submission.mail_contract import MemberMail, NotifyMember
from pipeline.submission.tables import submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.workflows.rules.sla import Seen, Sign, look_at
from pipeline.workflows.sla_report import NEVER_TOLD, tells_the_result
from schemas.events import EventType, SubmissionDue

log = structlog.get_logger()

ACTOR: Final = "clock"
BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Watch:
    """What watching needs: the database, the policy, and how a member is written to."""

    db: Database
    policy: Policy
    notify_member: NotifyMember


def watch(task: Task, *, now: datetime, by: Watch) -> None:
    """Look at each submission whose time to be looked at has come, and at no other. A warning is also a mail to the member.

    Each is a transaction of its own under the lock of its row: whoever else watches passes it over. One that cannot be looked at
    never stops the rest; the next round tries it again.
    """
    signs: Counter[str] = Counter()
    for batch in _batches(by.db, now):
        ledger.renew(by.db, task)
        signs.update(sign for each in batch if (sign := _looked_at(each, now, by)) is not None)
    with by.db.begin() as connection:
        ledger.finish(connection, task)
    log.info("promises.watched", due_soon=signs[Sign.DUE_SOON], overdue=signs[Sign.OVERDUE])


def _batches(db: Database, now: datetime) -> Iterator[Sequence[UUID]]:
    """The ids of those to be looked at, each once, the longest waiting first."""
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


def _looked_at(submission_id: UUID, now: datetime, by: Watch) -> Sign | None:
    try:
        with by.db.begin() as connection:
            row = _taken(connection, submission_id, now)
            sign = _looked(connection, row, now, by) if row is not None else None
    except RetryableError:
        raise
    except Exception:
        log.exception("promise.look_failed", submission_id=str(submission_id))
        return None
    return sign


def _taken(connection: Connection, submission_id: UUID, now: datetime) -> Row[Any] | None:
    """The submission, locked; None where somebody else has it, or has looked at it since."""
    query = select(submission, exists().where(tells_the_result()).label("has_result"))
    mine = (submission.c.id == submission_id, submission.c.watch_at <= now)
    return connection.execute(query.where(*mine).with_for_update(skip_locked=True, of=submission)).one_or_none()


def _looked(connection: Connection, row: Row[Any], now: datetime, by: Watch) -> Sign | None:
    settled = row.has_result or row.state in NEVER_TOLD
    look = look_at(Seen(row.state in OPEN, settled, row.warned_at is not None, row.due_at), now)
    warned = {"warned_at": now} if look.sign is Sign.DUE_SOON else {}
    connection.execute(
        update(submission).where(submission.c.id == row.id).values({"watch_at": look.again_at, **warned})
    )
    if look.sign is not None:
        event_id = _tell(connection, row, look.sign)
        if warned and row.state != State.AWAITING_CODE:  # there it is the member who is waited for
            by.notify_member(connection, _delay_mail(row, event_id, by.policy))
    return look.sign


def _delay_mail(row: Row[Any], event_id: UUID, policy: Policy) -> MemberMail:
    stage = policy.stage(row.stage) if row.stage else None
    facts = {"kind": row.kind, "stage_title": stage.title if stage else None, "due_at": row.due_at}
    return MemberMail(event_id, MailTemplate.REVIEW_DELAYED, row.member_id, facts, row.correlation_id)


def _tell(connection: Connection, row: Row[Any], sign: Sign) -> UUID:
    event, why = EventType(f"submission.{sign}"), row.due_rule["sentence"]
    told = SubmissionDue(
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
    event_id = emit(connection, event, told, member_id=row.member_id, trace=row.correlation_id)
    audit.write(
        connection,
        event,
        actor=ACTOR,
        submission_id=row.id,
        correlation_id=row.correlation_id,
        detail={"due_at": row.due_at.isoformat(), "why": why},
    )
    return event_id
