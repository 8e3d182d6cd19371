"""Send a code to a business address. It is made when it is sent, so that only its hash is ever kept."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, select

from pipeline.kernel.database import Database
from pipeline.kernel.errors import MailRefused
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.one_time_codes import hash_code, make_code
from pipeline.notification.reader import reader_of
from pipeline.notification.render import Sender, render
from pipeline.notification.send import compose
from pipeline.notification.smtp import Mailer, envelope_address
from pipeline.notification.suppression import is_suppressed
from pipeline.ownership.rules import is_test
from pipeline.policy import Policy
from pipeline.policy.ladder import Stage
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission import audit
from pipeline.submission.accepted_policy import stage_of
from pipeline.submission.tables import submission
from pipeline.submission.test_mode.rules import code_of
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.verification.code_delivery import begin_sending, start_validity

log = structlog.get_logger()

_SECONDS_A_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class CodeMail:
    """A mail that is composed, handed over at once and not stored."""

    submission_id: UUID
    subject: str
    text: str
    html: str
    message_id: str
    frozen_at: datetime
    cause_id: UUID = field(default_factory=new_id)
    headers: None = None


def send_code(task: Task, *, now: datetime, db: Database, mailer: Mailer, sender: Sender, policy: Policy) -> None:
    """Make a code, keep its hash, hand the mail over, and count its validity from then on.

    While the mail server is away no time is lost. Another try makes a new code and Message-ID: where two mails arrive, the code of
    the later one is valid. An address that is refused for good is answered like any other, so that nobody learns which mailboxes
    exist: its code expires. A test's is handed to nobody.
    """
    submission_id, number = UUID(task.ref_id), int((task.payload or {}).get("code", 1))
    with db.begin() as connection:
        code = _code_for(connection, submission_id, policy)
        hashed = hash_code(code)
        subject = begin_sending(connection, task, submission_id, number, hashed=hashed)
        if subject is None:
            ledger.finish(connection, task)
            log.info("code.dropped", submission_id=task.ref_id)
            return
        stage = stage_of(connection, subject.stage, subject.policy_version, present=policy)
    mail = _compose(subject, stage, code, now=now, sender=sender, policy=policy)
    refused = (
        None if is_test(subject.member_id) else _hand_over(mail, subject.address, db=db, mailer=mailer, sender=sender)
    )
    with db.begin() as connection:
        ledger.finish(connection, task)
        start_validity(connection, submission_id, number, hashed=hashed, policy=policy, trace=task.trace)
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


def _code_for(connection: Connection, submission_id: UUID, policy: Policy) -> str:
    """A code that nobody can guess; of a test, which is mailed to nobody, the one that its sender knows."""
    member_id = select(submission.c.member_id).where(submission.c.id == submission_id)
    if is_test(connection.execute(member_id).scalar_one()):
        return code_of(policy.codes.digits)
    return make_code(policy.codes)


def _hand_over(mail: CodeMail, address: str, *, db: Database, mailer: Mailer, sender: Sender) -> str | None:
    """Hand the mail over. Returns why the address was refused for good, or None. Raises RetryableError."""
    if is_suppressed(address, db=db):
        return "The address is suppressed."
    try:
        recipient = envelope_address(address)
        mailer.hand_over(sender.address, recipient, compose(mail, sender, recipient=recipient))
    except MailRefused as error:
        return str(error)
    return None


def _compose(subject: Row[Any], stage: Stage, code: str, *, now: datetime, sender: Sender, policy: Policy) -> CodeMail:
    rendered = render(
        MailTemplate.BUSINESS_EMAIL_CODE,
        {
            "name": "",  # the address's owner may be somebody else than the member who typed the name
            "stage_title": stage.title,
            "code": code,
            "minutes": policy.codes.valid_seconds // _SECONDS_A_MINUTE,
        },
        reader=reader_of(subject.member.get("locale", "en"), subject.member.get("timezone")),
        sender=sender,
    )
    return CodeMail(subject.id, rendered.subject, rendered.text, rendered.html, sender.message_id(new_id()), now)
