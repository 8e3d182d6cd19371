"""A submission that waits for its code: its rows locked in one order, and a new code in place of the one before it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, select, update

from pipeline.kernel.database import Database
from pipeline.kernel.errors import AlreadyThere, NotAllowed, NotFound
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.rules.one_time_codes import Sent, send_another
from pipeline.policy import Policy
from pipeline.submission import audit
from pipeline.submission.evidence.tables import business_email
from pipeline.submission.lifecycle import State
from pipeline.submission.tables import submission
from pipeline.tasks import ledger
from pipeline.tasks.rules import SEND_CODE
from schemas.codes import CodeSent

log = structlog.get_logger()


def resend(submission_id: UUID, *, caller: str, db: Database, policy: Policy, request: Once | None = None) -> CodeSent:
    """Send a new code in place of the one before it; tries that were used stay used.

    Raises NotFound, AlreadyThere or NotAllowed where it waits for no code, CodeTooSoon, IdempotencyKeyReused.
    """
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return CodeSent.model_validate(earlier)
        subject, mail = waiting(connection, submission_id)
        answer = _send_anew(connection, subject, mail, caller=caller, policy=policy)
        remember(connection, request, answer.model_dump(mode="json"))
    log.info("code.asked", submission_id=str(submission_id), correlation_id=subject.correlation_id)
    return answer


def waiting(connection: Connection, submission_id: UUID) -> tuple[Row[Any], Row[Any]]:
    """A submission that waits for a code, and its address with the database's time `now`; both rows are locked.

    Raises NotFound, and AlreadyThere or NotAllowed where it waits for no code any more.
    """
    mail = locked(connection, submission_id)
    subject = subject_of(connection, submission_id)
    if subject.state == State.APPROVED:
        raise AlreadyThere("The submission is approved already.")
    if subject.state != State.AWAITING_CODE:
        raise NotAllowed(f"The submission is {subject.state}; it waits for no code.")
    return subject, mail


def locked(connection: Connection, submission_id: UUID) -> Row[Any]:
    """The address, locked before its submission: so tries, new codes and the expiry of one queue up. Raises NotFound."""
    mine = business_email.c.submission_id == submission_id
    row = connection.execute(
        select(business_email, func.clock_timestamp().label("now")).where(mine).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no submission {submission_id} that waits for a code.")
    return row


def subject_of(connection: Connection, submission_id: UUID) -> Row[Any]:
    """The submission, locked."""
    return connection.execute(select(submission).where(submission.c.id == submission_id).with_for_update()).one()


def _send_anew(connection: Connection, subject: Row[Any], mail: Row[Any], *, caller: str, policy: Policy) -> CodeSent:
    before = Sent(mail.code_asked_at, mail.codes_since, mail.codes_today)
    sent = send_another(before, now=mail.now, rules=policy.codes)
    number = mail.codes + 1
    connection.execute(
        update(business_email)
        .where(business_email.c.submission_id == subject.id)
        .values(
            codes=number,
            code_hash=None,
            code_sent_at=None,
            code_expires_at=None,
            code_asked_at=sent.last_at,
            codes_since=sent.day_began_at,
            codes_today=sent.count,
        )
    )
    trace, key = subject.correlation_id, f"{SEND_CODE.name}:{subject.id}:{number}"
    ledger.record(connection, SEND_CODE, subject.id, trace=trace, dedup_key=key, payload={"code": number})
    detail = {"code": number}
    audit.write(connection, "code.asked", actor=caller, submission_id=subject.id, correlation_id=trace, detail=detail)
    return CodeSent(
        submission_id=subject.id,
        codes_left_today=max(0, policy.codes.per_day - sent.count),
        another_at=sent.last_at + timedelta(seconds=policy.codes.resend_seconds),
    )
