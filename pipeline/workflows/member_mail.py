from typing import Final

from sqlalchemy import Connection

from pipeline.account.addressee import Addressee, addressee_of
from pipeline.account.subscriptions import is_subscribed
from pipeline.account.unsubscribe import Leaving, unsubscribe_headers
from pipeline.kernel.rules.digests import member_digest
from pipeline.notification.freeze import freeze_addressed_mail
from pipeline.notification.render import Sender
from pipeline.notification.suppression import takes_no_mail
from pipeline.policy import Policy
from pipeline.submission import audit
from pipeline.submission.mail_contract import AddressedMail, MemberMail
from pipeline.tasks import ledger
from pipeline.tasks.rules import SEND_MAIL

ACTOR: Final = "notification"
_BENEFITS: Final = ("new_benefits", "lost_benefits")


def notify_member(connection: Connection, mail: MemberMail, *, sender: Sender, policy: Policy, web_url: str) -> bool:
    """Freeze the mail and record the task that sends it, in the caller's transaction; False where none is sent.

    The audit then says why: `unknown_address`, `suppressed` or `unsubscribed`. `web_url` is the public address of `web` (https).
    """
    to = addressee_of(connection, mail.member_id)
    if to is None:
        return _leave_out(connection, mail, "unknown_address")
    if takes_no_mail(connection, to.email):
        return _leave_out(connection, mail, "suppressed")
    category = mail.template.category
    if category is not None and not is_subscribed(connection, mail.member_id, category, policy=policy):
        return _leave_out(connection, mail, "unsubscribed")
    freeze_addressed_mail(connection, _addressed(connection, mail, to, policy, web_url), sender=sender)
    ledger.record(connection, SEND_MAIL, mail.cause_id, trace=mail.trace)
    return True


def _leave_out(connection: Connection, mail: MemberMail, why: str) -> bool:
    detail = {"member": member_digest(mail.member_id), "template": mail.template, "why": why}
    audit.write(connection, "letter.left_out", actor=ACTOR, correlation_id=mail.trace, detail=detail)
    return False


def _addressed(connection: Connection, mail: MemberMail, to: Addressee, policy: Policy, web_url: str) -> AddressedMail:
    """The mail with benefits by their titles, and with the way out of its category where it has one."""
    category = mail.template.category
    leaving = unsubscribe_headers(connection, Leaving(mail.member_id, category), web_url=web_url) if category else {}
    benefits = {name: mail.facts[name] for name in _BENEFITS if name in mail.facts}
    titled = {name: policy.benefit_titles(each) for name, each in benefits.items()}
    return AddressedMail(
        cause_id=mail.cause_id,
        template=mail.template,
        member_id=mail.member_id,
        recipient=to.email,
        name=to.name,
        locale=to.locale,
        facts={**mail.facts, **titled},
        headers=leaving,
        timezone=to.timezone,
    )
