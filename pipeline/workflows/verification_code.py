"""Send a code to a business address. It is made when it is sent, so that nothing but its hash is ever kept."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, select, update

from pipeline.kernel.database import Database
from pipeline.kernel.errors import LeaseLost, MailRefused
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.one_time_codes import hash_code, make_code
from pipeline.notification.reader import reader_of
from pipeline.notification.render import Sender, render
from pipeline.notification.send import compose
from pipeline.notification.smtp import Mailer, ascii_address
from pipeline.notification.suppression import is_suppressed
from pipeline.policy import Policy
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission import audit
from pipeline.submission.evidence.tables import business_email
from pipeline.submission.lifecycle import State
from pipeline.submission.tables import submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import EXPIRE_CODE

log = structlog.get_logger()

_SECONDS_A_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class CodeMail:
    """A mail that is composed and handed over at once, and kept nowhere."""

    submission_id: UUID
    subject: str
    text: str
    html: str
    message_id: str
    frozen_at: datetime
    cause_id: UUID = field(default_factory=new_id)
    headers: None = None


def send_code(task: Task, *, now: datetime, db: Database, mailer: Mailer, sender: Sender, policy: Policy) -> None:
    """Make a code, keep its hash, hand the mail over, and begin the time in which the code is valid.

    The time for which the mail server is away does not count. Each try makes a new code and a new Message-ID: where two mails arrive,
    the later one counts. A mail that is refused for good looks from outside like any other, so that nobody can find out here which
    mailboxes exist: its code expires.
    """
    submission_id, number = UUID(task.ref_id), int((task.payload or {}).get("code", 1))
    code = make_code(policy.codes)
    hashed = hash_code(code)
    with db.begin() as connection:
        subject = _wanted(connection, submission_id, number)
        if subject is None:
            ledger.finish(connection, task)
            log.info("code.dropped", submission_id=task.ref_id)
            return
        _keep(connection, task, submission_id, hashed)
    mail = _written(subject, code, now=now, sender=sender, policy=policy)
    refused = _hand_over(mail, subject.address, db=db, mailer=mailer, sender=sender)
    with db.begin() as connection:
        ledger.finish(connection, task)
        _begin_to_count(connection, submission_id, number, hashed=hashed, policy=policy, trace=task.trace)
        audit.write(
            connection,
            "code.refused" if refused else "code.sent",
            actor="notification",
            submission_id=submission_id,
            correlation_id=task.trace,
            detail={"code": number},
        )
    if refused:
        log.warning("code.refused", submission_id=task.ref_id, error=refused)
    else:
        log.info("code.sent", submission_id=task.ref_id, message_id=mail.message_id)


def _hand_over(mail: CodeMail, address: str, *, db: Database, mailer: Mailer, sender: Sender) -> str | None:
    """Hand the mail over; why the address was refused for good, or None. Raises RetryableError."""
    if is_suppressed(address, db=db):
        return "The address is suppressed."
    try:
        recipient = ascii_address(address)
        mailer.hand_over(sender.address, recipient, compose(mail, sender, recipient=recipient))
    except MailRefused as error:
        return str(error)
    return None


def _wanted(connection: Connection, submission_id: UUID, number: int) -> Any:
    """The submission and address that need this code; None where they no longer do, or need a newer one."""
    mine = business_email.c.submission_id == submission_id
    columns = (business_email.c.address, submission.c.id, submission.c.stage, submission.c.member)
    return connection.execute(
        select(*columns)
        .join(submission, submission.c.id == business_email.c.submission_id)
        .where(
            mine,
            business_email.c.codes == number,
            business_email.c.code_sent_at.is_(None),
            submission.c.state == State.AWAITING_CODE,
        )
        .with_for_update(of=business_email)
    ).one_or_none()


def _keep(connection: Connection, task: Task, submission_id: UUID, hashed: str) -> None:
    """Keep the hash before the first byte leaves, so that whoever has the mail can use it. Raises LeaseLost."""
    mine = (business_email.c.submission_id == submission_id, ledger.is_held(task))
    if connection.execute(update(business_email).where(*mine).values(code_hash=hashed)).rowcount != 1:
        raise LeaseLost(f"Task {task.id} is no longer held with token {task.token}.")


def _begin_to_count(
    connection: Connection, submission_id: UUID, number: int, *, hashed: str, policy: Policy, trace: str
) -> None:
    """The code was handed over: from now on its time runs, unless a newer one was asked for meanwhile."""
    seconds = policy.codes.valid_seconds
    mine = (business_email.c.submission_id == submission_id, business_email.c.code_hash == hashed)
    times = {"code_sent_at": func.now(), "code_expires_at": func.now() + timedelta(seconds=seconds)}
    if connection.execute(update(business_email).where(*mine).values(times)).rowcount:
        key = f"{EXPIRE_CODE.name}:{submission_id}:{number}"
        ledger.record(connection, EXPIRE_CODE, submission_id, trace=trace, delay_seconds=seconds, dedup_key=key)


def _written(subject: Row[Any], code: str, *, now: datetime, sender: Sender, policy: Policy) -> CodeMail:
    stage = policy.stage(subject.stage)
    rendered = render(
        MailTemplate.BUSINESS_EMAIL_CODE,
        {
            "name": "",  # a name that somebody typed in is no greeting for whoever owns the address
            "stage_title": stage.title if stage else subject.stage,
            "code": code,
            "minutes": policy.codes.valid_seconds // _SECONDS_A_MINUTE,
        },
        reader=reader_of(subject.member.get("locale", "en"), subject.member.get("timezone")),
        sender=sender,
    )
    return CodeMail(subject.id, rendered.subject, rendered.text, rendered.html, sender.message_id(new_id()), now)
