from email.message import EmailMessage
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from config.container import Container
from pipeline.kernel.ids import new_id
from pipeline.notification.samples import variants
from pipeline.notification.tables import mail
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission.mail_contract import MemberMail
from pipeline.tasks.rules import SEND_MAIL
from tests.support.desk import Desk


def words(sent: EmailMessage) -> str:
    """What a mail says in plain text."""
    body = sent.get_body(("plain",))
    assert body is not None
    said: str = body.get_content()
    return said


def rejected(desk: Desk, count: int = 1) -> UUID:
    """Rejections whose mails wait; the last submission."""
    submissions = []
    for number in range(count):
        submissions.append(desk.case_waiting(f"m-{number}"))
        desk.reject()
    return submissions[-1]


def task_of(desk: Desk) -> UUID:
    task_id: UUID = desk.only_task(SEND_MAIL).id
    return task_id


def frozen(desk: Desk) -> Row[tuple[object, ...]]:
    (row,) = desk.rows(mail)
    return row


def member_mail(template: MailTemplate, tools: Container, *, member_id: str = "m-1", **facts: Any) -> MemberMail:
    """A mail with the usual news of its template."""
    usual = next(iter(variants(template, tools.policy).values()))
    return MemberMail(new_id(), template, member_id, {**usual, **facts}, "trace-1")


def wrote(tools: Container, template: MailTemplate, *, member_id: str = "m-1", **facts: Any) -> bool:
    """Whether a mail with this news was written."""
    with tools.db.begin() as connection:
        return tools.notify_member(connection, member_mail(template, tools, member_id=member_id, **facts))
