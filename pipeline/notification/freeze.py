"""Render a mail and keep it, in the transaction of what it says; withdraw it where that is undone (ADR 0005)."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.encryption import Sealer
from pipeline.kernel.translatable import msgid
from pipeline.notification.reader import reader_of
from pipeline.notification.render import Rendered, Sender, render
from pipeline.notification.tables import mail as mail_table
from pipeline.notification.tables import place_of
from pipeline.policy import Policy
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission.accepted_policy import stage_of
from pipeline.submission.chances import NONE_TAKEN, chances_used
from pipeline.submission.mail_contract import AddressedMail, SubmissionMail
from pipeline.submission.tables import submission
from pipeline.tasks.operate import call_off
from pipeline.tasks.rules import SEND_MAIL

_FAILURES: Final = frozenset({MailTemplate.VERIFICATION_REJECTED, MailTemplate.VERIFICATION_EXPIRED})
_BY_ORDERS: Final = msgid("Orders of the amount that the stage asks for")


def freeze(connection: Connection, mail: SubmissionMail, *, sender: Sender, policy: Policy) -> None:
    """Keep the mail as it will be sent: address, words and Message-ID. One mail for each cause; only one that `replaces` changes it."""
    subject = _subject(connection, mail)
    row = {
        "cause_id": mail.cause_id,
        "submission_id": mail.submission_id,
        "member_id": subject.member_id,
        "template": _template(mail, policy),
        "recipient": subject.member["email"],
        "locale": subject.member.get("locale", "en"),
    }
    rendered = _rendered(connection, mail, subject, sender=sender, policy=policy)
    if mail.replaces:
        _replace(connection, row, rendered)
    _keep(connection, row, rendered, sender)


def preview(connection: Connection, mail: SubmissionMail, *, sender: Sender, policy: Policy) -> Rendered:
    """The mail as `freeze` would keep it; nothing is written."""
    return _rendered(connection, mail, _subject(connection, mail), sender=sender, policy=policy)


def freeze_addressed_mail(connection: Connection, mail: AddressedMail, *, sender: Sender, sealer: Sealer) -> None:
    """Keep a mail that belongs to no submission as it will be sent; the words of a secret one are sealed. One mail for each cause."""
    row = {
        "cause_id": mail.cause_id,
        "member_id": mail.member_id,
        "template": mail.template,
        "recipient": mail.recipient,
        "locale": mail.locale,
        "headers": dict(mail.headers) or None,
        "secret": mail.secret,
    }
    link = mail.headers.get("List-Unsubscribe", "").strip("<>") or None
    facts = {"name": mail.name, "unsubscribe_url": link, **mail.facts}
    rendered = render(mail.template, facts, reader=reader_of(mail.locale, mail.timezone), sender=sender)
    _keep(connection, row, _sealed(rendered, mail.cause_id, sealer) if mail.secret else rendered, sender)


def withdraw(connection: Connection, cause_id: UUID) -> None:
    """Mark a mail that nobody has begun to send as one that never leaves, and end the task that would send it."""
    mine = (mail_table.c.cause_id == cause_id, mail_table.c.state == "pending")
    if connection.execute(update(mail_table).where(*mine).values(state="withdrawn")).rowcount:
        call_off(connection, SEND_MAIL, cause_id)


def _subject(connection: Connection, mail: SubmissionMail) -> Row[Any]:
    return connection.execute(select(submission).where(submission.c.id == mail.submission_id)).one()


def _template(mail: SubmissionMail, policy: Policy) -> MailTemplate:
    """The failure that spent the last chance has a template of its own, and so has an approval for a stage that is no more."""
    if mail.template is MailTemplate.VERIFICATION_APPROVED and policy.stage(str(mail.stage)) is None:
        return MailTemplate.VERIFICATION_WITHOUT_STAGE
    used_up = mail.template in _FAILURES and mail.chances_left == 0 and not mail.chances_pending
    return MailTemplate.CHANCES_USED_UP if used_up else mail.template


def _rendered(
    connection: Connection, mail: SubmissionMail, subject: Row[Any], *, sender: Sender, policy: Policy
) -> Rendered:
    """The mail in the member's language, by the policy that is in force now: it says what is so. `subject` is the row of its submission."""
    stage = stage_of(connection, mail.stage, subject.policy_version, present=policy) if mail.stage else None
    template = _template(mail, policy)
    facts = {
        "name": subject.member["name"],
        "kind": subject.kind,
        "stage": stage,
        "benefits": policy.benefit_titles(stage.benefits) if stage else (),
        "sentences": mail.sentences,
        "message": mail.message,
        "chances_left": mail.chances_left,
        "chances_pending": mail.chances_pending,
        "chance": mail.chance,
        "expired": mail.template is MailTemplate.VERIFICATION_EXPIRED,
        "offered": subject.kind == "avatar" or policy.offers(stage=subject.stage, method=subject.method),
    }
    if template is MailTemplate.CHANCES_USED_UP:
        facts |= _other_ways(connection, mail, policy)
    reader = reader_of(subject.member.get("locale", "en"), subject.member.get("timezone"))
    return render(template, facts, reader=reader, sender=sender)


def _other_ways(connection: Connection, mail: SubmissionMail, policy: Policy) -> Mapping[str, Any]:
    """The titles of what still leads to the stage (methods with chances left, and orders), and how much is under review for it."""
    used = chances_used(connection, member_id=mail.member_id, judged=mail.submission_id)
    limit = policy.attempts.per_method
    stage = policy.stage(mail.stage) if mail.stage else None
    methods = [
        title
        for method, title in policy.methods.items()
        if policy.offers(stage=str(mail.stage), method=method)
        and used.get((str(mail.stage), method), NONE_TAKEN).left_of(limit)
    ]
    orders = [_BY_ORDERS] if stage and "spend" in stage.unlocked_by else []
    pending = sum(taken.pending for (of, _), taken in used.items() if of == mail.stage)
    return {"other_ways": [*methods, *orders], "under_review": pending}


def _sealed(rendered: Rendered, cause_id: UUID, sealer: Sealer) -> Rendered:
    place = place_of(cause_id)
    text, html = (sealer.seal(each, place=place) for each in (rendered.text, rendered.html))
    return Rendered(rendered.subject, text, html)


def _keep(connection: Connection, row: Mapping[str, Any], rendered: Rendered, sender: Sender) -> None:
    words = {"subject": rendered.subject, "text": rendered.text, "html": rendered.html}
    kept = {**row, **words, "message_id": sender.message_id(row["cause_id"])}
    connection.execute(insert(mail_table).values(kept).on_conflict_do_nothing())


def _replace(connection: Connection, row: Mapping[str, Any], rendered: Rendered) -> None:
    """Other words in a mail that nobody has begun to send."""
    words = {"template": row["template"], "subject": rendered.subject, "text": rendered.text, "html": rendered.html}
    mine = (mail_table.c.cause_id == row["cause_id"], mail_table.c.state == "pending")
    connection.execute(update(mail_table).where(*mine).values(words))
