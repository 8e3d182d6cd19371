"""Confirm a member's address with a code that is sent there. Buyers see the address only after that (DOMAIN §2).

An answer never depends on other members, so it does not reveal whether an address is also another member's.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.account.codes import Held, earlier_columns, latest_sent
from pipeline.account.rules.sections import PERSONAL
from pipeline.account.sections import sections_of
from pipeline.account.tables import confirmed_email, email_code
from pipeline.kernel.database import one_at_a_time
from pipeline.kernel.errors import Conflict, NotFound
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules import one_time_codes
from pipeline.kernel.rules.digests import member_digest
from pipeline.kernel.rules.one_time_codes import CodeOnItsWay, Kept, Newer, Outcome, Sent
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission import audit
from pipeline.submission.context import Context
from pipeline.submission.mail_contract import AddressedMail, FreezeAddressedMail, MailDelay
from pipeline.submission.presence import require_present
from pipeline.tasks import ledger
from pipeline.tasks.rules import SEND_MAIL
from schemas.account import CodeSent, SectionView

log = structlog.get_logger()

_SECONDS_A_MINUTE: Final = 60


class AlreadyConfirmed(Conflict):
    """The member's address is confirmed; there is nothing to do."""

    code = "already_confirmed"


def send_code(
    member_id: str,
    *,
    locale: str | None,
    now: datetime,
    context: Context,
    freeze_mail: FreezeAddressedMail,
    delay_of: MailDelay,
) -> CodeSent:
    """Send a new code to the member's own address. The code that was sent before holds until the mail of the new one leaves.

    Raises NotFound without personal information, AlreadyConfirmed, CodeTooSoon.
    """
    rules = context.policy.codes
    code = one_time_codes.make_code(rules)
    kept = one_time_codes.kept(code, now=now, rules=rules)
    with context.db.begin() as connection:
        require_present(connection, member_id)
        one_at_a_time(connection, f"email_code:{member_id}")
        person = _unconfirmed(connection, member_id)
        before = _code(connection, member_id)
        sent = one_time_codes.send_another(_sent_before(before), now=now, rules=rules)
        mail = _code_mail(person, code, locale, minutes=rules.valid_seconds // _SECONDS_A_MINUTE)
        earlier = latest_sent(connection, before, str(person.content["email"]), delay_of)
        _keep(connection, mail, kept, sent, earlier)
        freeze_mail(connection, mail)
        ledger.record(connection, SEND_MAIL, mail.cause_id, trace=context.trace)
        audit.write(
            connection,
            "email.code_sent",
            actor=context.actor,
            correlation_id=context.trace,
            detail={"member": member_digest(member_id)},
        )
    log.info("email.code_sent", member_id=member_id)
    return CodeSent(expires_at=kept.expires_at, next_code_at=now + timedelta(seconds=rules.resend_seconds))


def confirm(member_id: str, given: str, *, now: datetime, context: Context, delay_of: MailDelay) -> None:
    """Confirm the address that the code was sent to. Every try on a code that was sent is counted.

    Raises NotFound, AlreadyConfirmed, Invalid for what cannot be a code, CodeOnItsWay, CodeWrong, CodeExpired, CodeUsedUp.
    """
    rules = context.policy.codes
    with context.db.begin() as connection:
        require_present(connection, member_id)
        one_at_a_time(connection, f"email_code:{member_id}")
        person = _unconfirmed(connection, member_id)
        typed = one_time_codes.as_sent(given, rules)
        outcome, tries = _try(connection, person, typed, now=now, context=context, delay_of=delay_of)
        if outcome is Outcome.RIGHT:
            _confirm(connection, member_id, str(person.content["email"]), now)
        event = "email.confirmed" if outcome is Outcome.RIGHT else "email.code_refused"
        detail = {"member": member_digest(member_id), "outcome": outcome}
        audit.write(connection, event, actor=context.actor, correlation_id=context.trace, detail=detail)
    log.info(event, member_id=member_id, outcome=outcome)
    if outcome is Outcome.NOT_SENT:
        raise CodeOnItsWay
    if outcome is not Outcome.RIGHT:
        raise one_time_codes.refusal(outcome, tries=tries, rules=rules)


def _try(
    connection: Connection, person: SectionView, given: str, *, now: datetime, context: Context, delay_of: MailDelay
) -> tuple[Outcome, int]:
    """Compare the code and count the try. Returns the outcome and how many tries the code has had."""
    row, email = _code(connection, person.member_id), str(person.content["email"])
    sent = latest_sent(connection, row, email, delay_of)
    waiting = row is not None and row.email == email and (sent is None or sent.prefix != "")
    code = sent.code if sent else None
    newer = Newer() if waiting else None
    outcome = one_time_codes.tried_of(code, newer, given, now=now, rules=context.policy.codes)
    if sent is None or outcome is Outcome.NOT_SENT:
        return outcome, 0
    tries = sent.code.tries + 1
    mine = email_code.c.member_id == person.member_id
    connection.execute(update(email_code).where(mine).values({f"{sent.prefix}tries": tries}))
    return outcome, tries


def _unconfirmed(connection: Connection, member_id: str) -> SectionView:
    """The personal information, with an address that is not confirmed. Raises NotFound, AlreadyConfirmed."""
    person = sections_of(connection, member_id).get(PERSONAL)
    if person is None:
        raise NotFound("The member has no personal information yet.")
    mine = (confirmed_email.c.member_id == member_id, confirmed_email.c.email == person.content["email"])
    if connection.execute(select(confirmed_email.c.member_id).where(*mine)).first() is not None:
        raise AlreadyConfirmed("This address is confirmed already.")
    return person


def _code(connection: Connection, member_id: str) -> Row[Any] | None:
    return connection.execute(select(email_code).where(email_code.c.member_id == member_id)).one_or_none()


def _sent_before(row: Row[Any] | None) -> Sent | None:
    return Sent(row.sent_at, row.day_began_at, row.sent_count) if row else None


def _keep(connection: Connection, mail: AddressedMail, kept: Kept, sent: Sent, earlier: Held | None) -> None:
    values = {
        "email": mail.recipient,
        "hashed": kept.hashed,
        "expires_at": kept.expires_at,
        "tries": kept.tries,
        "mail_id": mail.cause_id,
        "sent_at": sent.last_at,
        "day_began_at": sent.day_began_at,
        "sent_count": sent.count,
        **earlier_columns(earlier),
    }
    statement = insert(email_code).values(member_id=mail.member_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["member_id"], set_=values))


def _confirm(connection: Connection, member_id: str, email: str, now: datetime) -> None:
    values = {"email": email, "confirmed_at": now}
    statement = insert(confirmed_email).values(member_id=member_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["member_id"], set_=values))
    connection.execute(delete(email_code).where(email_code.c.member_id == member_id))


def _code_mail(person: SectionView, code: str, locale: str | None, *, minutes: int) -> AddressedMail:
    return AddressedMail(
        cause_id=new_id(),
        template=MailTemplate.EMAIL_CODE,
        member_id=person.member_id,
        recipient=str(person.content["email"]),
        name="",  # the address's owner may be somebody else than the member who typed the name
        locale=locale or person.content.get("locale") or "en",
        facts={"code": code, "minutes": minutes},
        secret=True,
        timezone=person.content.get("timezone"),
    )
