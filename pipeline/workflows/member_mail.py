from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from pipeline.account.addressee import Addressee, addressee_of
from pipeline.account.subscriptions import is_subscribed
from pipeline.account.unsubscribe import Leaving, unsubscribe_headers
from pipeline.kernel.encryption import Sealer
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


def notify_member(
    connection: Connection, mail: MemberMail, *, sender: Sender, sealer: Sealer, policy: Policy, web_url: str
) -> bool:
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
    leaving: Mapping[str, str] = {}
    if category is not None:
        left = Leaving(mail.member_id, category)
        leaving = unsubscribe_headers(connection, left, web_url=web_url, sealer=sealer, policy=policy)
    freeze_addressed_mail(connection, _addressed(mail, to, leaving, policy), sender=sender, sealer=sealer)
    ledger.record(connection, SEND_MAIL, mail.cause_id, trace=mail.trace)
    return True


def _leave_out(connection: Connection, mail: MemberMail, why: str) -> bool:
    detail = {"member": member_digest(mail.member_id), "template": mail.template, "why": why}
    audit.write(connection, "letter.left_out", actor=ACTOR, correlation_id=mail.trace, detail=detail)
    return False


def _addressed(mail: MemberMail, to: Addressee, leaving: Mapping[str, str], policy: Policy) -> AddressedMail:
    """The mail with benefits by their titles, and with the way out of its category where it has one."""
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
