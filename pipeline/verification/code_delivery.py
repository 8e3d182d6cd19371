from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, select, update

from pipeline.kernel.database import Database
from pipeline.kernel.errors import AlreadyThere, LeaseLost, NotAllowed, NotFound
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.rules.one_time_codes import Sent, send_another
from pipeline.policy import Policy
from pipeline.submission import audit
from pipeline.submission.lifecycle import State
from pipeline.submission.tables import business_email, submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import EXPIRE_CODE, SEND_CODE
from schemas.codes import CodeSent

log = structlog.get_logger()


def resend(submission_id: UUID, *, caller: str, db: Database, policy: Policy, request: Once | None = None) -> CodeSent:
    """Send a new code. The one before it holds until the mail server has accepted the new one; tries that were used stay used.

    Raises NotFound, AlreadyThere or NotAllowed where no code is awaited, CodeTooSoon, IdempotencyKeyReused.
    """
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return CodeSent.model_validate(earlier)
        subject, mail = awaiting_code(connection, submission_id)
        answer = _send_another(connection, subject, mail, caller=caller, policy=policy)
        remember(connection, request, answer.model_dump(mode="json"))
    log.info("code.asked", submission_id=str(submission_id), correlation_id=subject.correlation_id)
    return answer


def awaiting_code(connection: Connection, submission_id: UUID) -> tuple[Row[Any], Row[Any]]:
    """A submission that waits for its code, and its address, as `locked` returns them.

    Raises NotFound, and AlreadyThere or NotAllowed where no code is awaited any more.
    """
    subject, mail = locked(connection, submission_id)
    if subject.state == State.APPROVED:
        raise AlreadyThere("The submission is approved already.")
    if subject.state != State.AWAITING_CODE:
        raise NotAllowed(f"The submission is {subject.state}; it waits for no code.")
    return subject, mail


def locked(connection: Connection, submission_id: UUID) -> tuple[Row[Any], Row[Any]]:
    """A submission, and its address with the database's time as `now`, both locked: tries, new codes and expiry queue up.

    Raises NotFound.
    """
    mine = business_email.c.submission_id == submission_id
    mail = connection.execute(
        select(business_email, func.clock_timestamp().label("now")).where(mine).with_for_update()
    ).one_or_none()
    if mail is None:
        raise NotFound(f"There is no submission {submission_id} that waits for a code.")
    return connection.execute(select(submission).where(submission.c.id == submission_id).with_for_update()).one(), mail


def begin_sending(connection: Connection, task: Task, submission_id: UUID, number: int, *, hashed: str) -> Any:
    """Keep the code's hash before its mail leaves, so that its receiver can use it; the code that was sent before holds meanwhile.

    Returns the address with the submission's `id`, `member_id`, `stage`, `policy_version` and `member`; None where this code is no longer to be sent.
    Raises LeaseLost.
    """
    mine = business_email.c.submission_id == submission_id
    columns = (submission.c[name] for name in ("id", "member_id", "stage", "policy_version", "member"))
    subject = connection.execute(
        select(business_email.c.address, *columns)
        .join(submission, submission.c.id == business_email.c.submission_id)
        .where(
            mine,
            business_email.c.codes == number,
            business_email.c.code_number < number,
            submission.c.state == State.AWAITING_CODE,
        )
        .with_for_update(of=business_email)
    ).one_or_none()
    if subject is None:
        return None
    kept = update(business_email).where(mine, ledger.is_held(task)).values(next_hash=hashed)
    if connection.execute(kept).rowcount != 1:
        raise LeaseLost(f"Task {task.id} is no longer held with token {task.token}.")
    return subject


def start_validity(
    connection: Connection, submission_id: UUID, number: int, *, hashed: str, policy: Policy, trace: str
) -> None:
    """Put the code in the place of the one before it, valid from now, when its mail was handed over. Nothing where a newer mail leaves."""
    seconds = policy.codes.valid_seconds
    mine = (business_email.c.submission_id == submission_id, business_email.c.next_hash == hashed)
    sent = {
        "code_hash": hashed,
        "code_number": number,
        "next_hash": None,
        "code_sent_at": func.now(),
        "code_expires_at": func.now() + timedelta(seconds=seconds),
    }
    if connection.execute(update(business_email).where(*mine).values(sent)).rowcount:
        key = f"{EXPIRE_CODE.name}:{submission_id}:{number}"
        ledger.record(connection, EXPIRE_CODE, submission_id, trace=trace, delay_seconds=seconds, dedup_key=key)


def _send_another(
    connection: Connection, subject: Row[Any], mail: Row[Any], *, caller: str, policy: Policy
) -> CodeSent:
    before = Sent(mail.code_asked_at, mail.codes_since, mail.codes_today)
    sent = send_another(before, now=mail.now, rules=policy.codes)
    number = mail.codes + 1
    connection.execute(
        update(business_email)
        .where(business_email.c.submission_id == subject.id)
        .values(
            codes=number,
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
