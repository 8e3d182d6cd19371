"""Hand a frozen mail over, once: `pending → sending → sent | unknown`.

A mail that was `withdrawn` is never sent, nor one whose address is `suppressed` after a bounce or a complaint. One to a member of a
test key is `held`: it never leaves.
"""

from collections.abc import Mapping
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, select, update

from pipeline.kernel.database import Database
from pipeline.kernel.encryption import Sealer, is_sealed
from pipeline.kernel.errors import LeaseLost, MailAmbiguous, MailDeferred, MailRefused, MailUnavailable
from pipeline.notification.headers import recipient_line, sender_line, text_line
from pipeline.notification.render import Sender
from pipeline.notification.smtp import Mailer, envelope_address
from pipeline.notification.suppression import is_suppressed
from pipeline.notification.tables import mail, place_of
from pipeline.ownership.rules import is_test
from pipeline.submission import audit
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task

log = structlog.get_logger()


def send(task: Task, *, db: Database, mailer: Mailer, sender: Sender, sealer: Sealer) -> None:
    """Hand the mail over, and record that in the transaction that ends the task.

    `sending` is committed before the first byte leaves. A mail that is found in that state may have been taken: that is counted, and
    it is sent again with the same Message-ID, by which the receiver can know it.
    """
    cause_id = UUID(task.ref_id)
    row = _begin(db, task, cause_id)
    if row.state == "withdrawn":
        return
    if is_test(row.member_id):
        _end(db, task, row, state="held")
        return
    if is_suppressed(row.recipient, db=db):
        _end(db, task, row, state="suppressed")
        return
    try:
        recipient = envelope_address(row.recipient)
        mailer.hand_over(sender.address, recipient, compose(_opened(row, sealer), sender, recipient=recipient))
    except MailAmbiguous as error:
        _note(db, task, state="unknown", error=error)
        raise
    except (MailUnavailable, MailDeferred, MailRefused) as error:
        _note(db, task, state="pending", error=error)
        raise
    _end(db, task, row, state="sent")


def delay_of(connection: Connection, cause_id: UUID) -> timedelta | None:
    """How long after it was frozen a mail has left; None while it waits. One that may have left counts as leaving now."""
    row = connection.execute(
        select(mail.c.state, mail.c.sent_at, mail.c.frozen_at, func.clock_timestamp().label("now")).where(
            mail.c.cause_id == cause_id
        )
    ).one_or_none()
    if row is None or row.state in {"withdrawn", "suppressed", "held"}:
        return timedelta()
    if row.state == "pending":
        return None
    delay: timedelta = (row.sent_at or row.now) - row.frozen_at
    return delay


def _end(db: Database, task: Task, row: Row[Any], *, state: str) -> None:
    """Record how the mail ended, in one transaction with its task. The words of a secret one are deleted."""
    ended: dict[str, Any] = {"state": state, "last_error": None}
    if state == "sent":
        ended["sent_at"] = func.now()
    if row.secret:
        ended |= {"text": "", "html": ""}
    with db.begin() as connection:
        ledger.finish(connection, task)
        connection.execute(update(mail).where(mail.c.cause_id == row.cause_id).values(ended))
        audit.write(
            connection,
            f"mail.{state}",
            actor="notification",
            submission_id=row.submission_id,
            correlation_id=task.trace,
            detail={"template": row.template, "message_id": row.message_id},
        )
    about = {"submission_id": str(row.submission_id)} if row.submission_id else {}
    event = f"mail.{state}"
    log.info(event, template=row.template, message_id=row.message_id, **about)


def _opened(row: Row[Any], sealer: Sealer) -> Any:
    """The mail with its words as they are sent; those of a secret one were sealed."""
    if not (row.secret and is_sealed(row.text)):
        return row
    place = place_of(row.cause_id)
    words = {name: sealer.open(getattr(row, name), place=place) for name in ("text", "html")}
    return SimpleNamespace(**{**row._asdict(), **words})


def compose(row: Any, sender: Sender, *, recipient: str) -> bytes:
    """A frozen mail, or one that is kept nowhere, as bytes for SMTP (RFC 5322, CRLF): always the same ones."""
    message = EmailMessage(policy=SMTP)
    message["Date"] = format_datetime(row.frozen_at)
    message["Message-ID"] = row.message_id
    message["Auto-Submitted"] = "auto-generated"
    if row.submission_id is not None:
        message["X-Submission-ID"] = str(row.submission_id)
    message.set_content(row.text)
    message.add_alternative(row.html, subtype="html")
    message.set_boundary(f"=_{row.cause_id.hex}")
    addressed = sender_line(sender.name, sender.address) + recipient_line(recipient)
    return addressed + text_line("Subject", row.subject) + _as_they_are(row.headers or {}) + message.as_bytes()


def _as_they_are(headers: Mapping[str, str]) -> bytes:
    """Headers that are links: the library would write a long one as an encoded word, which no mail program follows."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")


def _begin(db: Database, task: Task, cause_id: UUID) -> Row[Any]:
    """Commit `sending`, or end the task of a mail that was withdrawn. Raises LeaseLost where another worker has the task by now."""
    with db.begin() as connection:
        before = connection.execute(select(mail).where(mail.c.cause_id == cause_id).with_for_update()).one()
        if before.state == "withdrawn":
            ledger.finish(connection, task)
            log.info("mail.left_out", why="withdrawn")
            return before
        again = int(before.state == "sending")
        begun = connection.execute(
            update(mail)
            .where(mail.c.cause_id == cause_id, ledger.is_held(task))
            .values(state="sending", ambiguous=mail.c.ambiguous + again)
        )
        if begun.rowcount != 1:
            raise LeaseLost(f"Task {task.id} is no longer held with token {task.token}.")
    return before


def _note(db: Database, task: Task, *, state: str, error: Exception) -> None:
    """Record how the try ended, unless another worker has taken over."""
    again = int(state == "unknown")
    with db.begin() as connection:
        connection.execute(
            update(mail)
            .where(mail.c.cause_id == UUID(task.ref_id), ledger.is_held(task))
            .values(state=state, ambiguous=mail.c.ambiguous + again, last_error=str(error))
        )
