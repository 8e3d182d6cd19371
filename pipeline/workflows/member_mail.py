"""Mail a member: at the known address, in their language, unless they unsubscribed from the category."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from pipeline.account.addressee import Addressee, addressee_of
from pipeline.account.subscriptions import is_subscribed
from pipeline.account.unsubscribe import Leaving, unsubscribe_headers
from pipeline.notification.freeze import freeze_addressed_mail
from pipeline.notification.sender import Sender
from pipeline.notification.suppression import takes_no_mail
from pipeline.policy import Policy
from pipeline.policy.mail_templates import CATEGORIES
from pipeline.submission import audit
from pipeline.submission.mail_contract import AddressedMail, MemberMail
from pipeline.tasks import ledger
from pipeline.tasks.rules import SEND_MAIL

ACTOR: Final = "notification"
_BENEFITS: Final = ("new_benefits", "lost_benefits")


def notify_member(connection: Connection, mail: MemberMail, *, sender: Sender, policy: Policy, web_url: str) -> bool:
    """Freeze the mail and record the task that sends it, in the caller's transaction. False where none is sent.

    The audit then says why: `unknown_address`, `suppressed` or `unsubscribed`. `web_url` is the public address of `web` (https).
    """
    to = addressee_of(connection, mail.member_id)
    if why := _left_out(connection, mail, to, policy):
        detail = {"member_id": mail.member_id, "template": mail.template, "why": why}
        audit.write(connection, "letter.left_out", actor=ACTOR, correlation_id=mail.trace, detail=detail)
        return False
    assert to is not None  # noqa: S101  (else it was left out)
    addressed = AddressedMail(
        cause_id=mail.cause_id,
        template=mail.template,
        recipient=to.email,
        name=to.name,
        locale=to.locale,
        facts=_facts(mail, policy),
        headers=_headers(connection, mail, web_url),
        timezone=to.timezone,
    )
    freeze_addressed_mail(connection, addressed, sender=sender)
    ledger.record(connection, SEND_MAIL, mail.cause_id, trace=mail.trace)
    return True


def _left_out(connection: Connection, mail: MemberMail, to: Addressee | None, policy: Policy) -> str | None:
    """Why no mail is sent; None where one is."""
    category = CATEGORIES[mail.template]
    if to is None:
        return "unknown_address"
    if takes_no_mail(connection, to.email):
        return "suppressed"
    if category is not None and not is_subscribed(connection, mail.member_id, category, policy=policy):
        return "unsubscribed"
    return None


def _headers(connection: Connection, mail: MemberMail, web_url: str) -> Mapping[str, str]:
    """The unsubscribe headers, for every mail that has a category."""
    category = CATEGORIES[mail.template]
    if category is None:
        return {}
    return unsubscribe_headers(connection, Leaving(mail.member_id, category), web_url=web_url)


def _facts(mail: MemberMail, policy: Policy) -> Mapping[str, object]:
    """The facts, with the titles of benefits in place of their codes."""
    titled = {name: policy.benefit_titles(mail.facts[name]) for name in _BENEFITS if name in mail.facts}
    return {**mail.facts, **titled}
