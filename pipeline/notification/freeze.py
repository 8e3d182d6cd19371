"""Render a mail and keep it, in the transaction of what it tells; take it back with that."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.notification.reader import reader_of
from pipeline.notification.render import Rendered, render
from pipeline.notification.result import rendered, template_of
from pipeline.notification.sender import Sender
from pipeline.notification.tables import mail
from pipeline.policy import Policy
from pipeline.submission.mail_contract import AddressedMail, ResultMail
from pipeline.submission.tables import submission


def freeze(connection: Connection, result: ResultMail, *, sender: Sender, policy: Policy) -> None:
    """Keep the mail as it will be sent: address, words and Message-ID never change after this. One mail for each cause."""
    subject = connection.execute(select(submission).where(submission.c.id == result.submission_id)).one()
    words = rendered(connection, result, subject, sender=sender, policy=policy)
    row = {
        "cause_id": result.cause_id,
        "submission_id": result.submission_id,
        "template": template_of(result),
        "recipient": subject.member["email"],
        "locale": subject.member.get("locale", "en"),
    }
    _keep(connection, row, words, sender)


def preview(connection: Connection, result: ResultMail, *, sender: Sender, policy: Policy) -> Rendered:
    """The mail as `freeze` would keep it; nothing is written."""
    subject = connection.execute(select(submission).where(submission.c.id == result.submission_id)).one()
    return rendered(connection, result, subject, sender=sender, policy=policy)


def freeze_addressed_mail(connection: Connection, mail: AddressedMail, *, sender: Sender) -> None:
    """Keep a mail that belongs to no submission as it will be sent. One mail for each cause."""
    row = {
        "cause_id": mail.cause_id,
        "template": mail.template,
        "recipient": mail.recipient,
        "locale": mail.locale,
        "headers": dict(mail.headers) or None,
        "secret": mail.secret,
    }
    _keep(connection, row, rendered_addressed_mail(mail, sender=sender), sender)


def rendered_addressed_mail(mail: AddressedMail, *, sender: Sender) -> Rendered:
    """The mail in its reader's language."""
    known = {
        "name": mail.name,
        "service": sender.name,
        "member_centre_url": sender.member_centre_url,
        "unsubscribe_url": mail.headers.get("List-Unsubscribe", "").strip("<>") or None,
    }
    return render(mail.template, {**known, **mail.facts}, reader=reader_of(mail.locale, mail.timezone))


def _keep(connection: Connection, row: Mapping[str, Any], words: Rendered, sender: Sender) -> None:
    written = {"subject": words.subject, "text": words.text, "html": words.html}
    message_id = f"<{row['cause_id']}@{sender.address.rpartition('@')[2]}>"
    kept = {**row, **written, "message_id": message_id}
    connection.execute(insert(mail).values(kept).on_conflict_do_nothing())


def withdraw(connection: Connection, cause_id: UUID) -> None:
    """Say that a mail which nobody has begun to send never leaves: its result was undone."""
    mine = (mail.c.cause_id == cause_id, mail.c.state == "pending")
    connection.execute(update(mail).where(*mine).values(state="withdrawn"))
