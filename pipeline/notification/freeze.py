"""Render a result mail and keep it, in the transaction of the result that it tells; take it back with the result."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.mails import Letter, ResultMail
from pipeline.notification.render import render
from pipeline.notification.tables import mail
from pipeline.policy import Policy
from pipeline.tables import submission


@dataclass(frozen=True, slots=True)
class Sender:
    """Who our mails are from: the address, the name of the service in words, and where members go (a web address)."""

    address: str
    name: str
    member_centre_url: str


def freeze(connection: Connection, result: ResultMail, *, sender: Sender, policy: Policy) -> None:
    """Keep the mail as it will be sent: address, words and Message-ID never change after this. One mail for each cause."""
    subject = connection.execute(select(submission).where(submission.c.id == result.submission_id)).one()
    stage = policy.stage(result.stage) if result.stage else None
    rendered = render(
        result.template,
        {
            "name": subject.member["name"],
            "service": sender.name,
            "member_centre_url": sender.member_centre_url,
            "stage": stage,
            "sentences": list(result.sentences),
            "message": result.message,
            "chances_left": result.chances_left,
            "chance": result.chance,
            "kind": subject.kind,
        },
    )
    row = {
        "cause_id": result.cause_id,
        "submission_id": result.submission_id,
        "template": result.template,
        "recipient": subject.member["email"],
        "locale": subject.member.get("locale", "en"),
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "message_id": _message_id(result.cause_id, sender),
    }
    connection.execute(insert(mail).values(row).on_conflict_do_nothing())


def freeze_letter(connection: Connection, letter: Letter, *, sender: Sender) -> None:
    """Keep a mail that belongs to no submission as it will be sent. One mail for each cause."""
    known = {"name": letter.name, "service": sender.name, "member_centre_url": sender.member_centre_url}
    rendered = render(letter.template, {**known, **letter.facts})
    row = {
        "cause_id": letter.cause_id,
        "template": letter.template,
        "recipient": letter.recipient,
        "locale": letter.locale,
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "message_id": _message_id(letter.cause_id, sender),
        "headers": dict(letter.headers) or None,
        "secret": letter.secret,
    }
    connection.execute(insert(mail).values(row).on_conflict_do_nothing())


def _message_id(cause_id: UUID, sender: Sender) -> str:
    return f"<{cause_id}@{sender.address.rpartition('@')[2]}>"


def withdraw(connection: Connection, cause_id: UUID) -> None:
    """Say that a mail which nobody has begun to send never leaves: its result was undone."""
    mine = (mail.c.cause_id == cause_id, mail.c.state == "pending")
    connection.execute(update(mail).where(*mine).values(state="withdrawn"))
