"""Confirm a member's address with a code that is sent there. Buyers see the address only after that (DOMAIN §2).

An answer never depends on other members, so it does not reveal whether an address is also another member's.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.account.rules.sections import PERSONAL
from pipeline.account.sections import sections_of
from pipeline.account.tables import confirmed_email, email_code
from pipeline.kernel.database import one_at_a_time
from pipeline.kernel.errors import Conflict, NotFound
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules import one_time_codes
from pipeline.kernel.rules.digests import member_digest
from pipeline.kernel.rules.one_time_codes import Kept, Outcome, Sent
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission import audit
from pipeline.submission.context import Context
from pipeline.submission.mail_contract import AddressedMail, FreezeAddressedMail
from pipeline.submission.presence import require_present
from pipeline.tasks import ledger
from pipeline.tasks.rules import SEND_MAIL
from schemas.account import CodeSent, SectionView

log = structlog.get_logger()


class AlreadyConfirmed(Conflict):
    """The member's address is confirmed; there is nothing to do."""

    code = "already_confirmed"


def send_code(
    member_id: str, *, locale: str | None, now: datetime, context: Context, freeze_mail: FreezeAddressedMail
) -> CodeSent:
    """Send a new code to the member's own address; an earlier one stops being valid.

    Raises NotFound without personal information, AlreadyConfirmed, CodeTooSoon.
    """
    rules = context.policy.codes
    code = one_time_codes.make_code(rules)
    kept = one_time_codes.kept(code, now=now, rules=rules)
    with context.db.begin() as connection:
        require_present(connection, member_id)
        one_at_a_time(connection, f"email_code:{member_id}")
        person = _unconfirmed(connection, member_id)
        sent = one_time_codes.send_another(_sent_before(connection, member_id), now=now, rules=rules)
        _keep(connection, member_id, str(person.content["email"]), kept, sent)
        mail = _code_mail(person, code, locale, kept)
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


def confirm(member_id: str, given: str, *, now: datetime, context: Context) -> None:
    """Confirm the address that the code was sent to. Every try is counted.

    Raises NotFound, AlreadyConfirmed, CodeWrong, CodeExpired, CodeUsedUp.
    """
    rules = context.policy.codes
    with context.db.begin() as connection:
        require_present(connection, member_id)
        one_at_a_time(connection, f"email_code:{member_id}")
        person = _unconfirmed(connection, member_id)
        row = _code(connection, member_id)
        outcome = Outcome.EXPIRED
        if row is not None and row.email == person.content["email"]:
            outcome = one_time_codes.tried(Kept(row.hashed, row.expires_at, row.tries), given, now=now, rules=rules)
            _count(connection, row)
        if outcome is Outcome.RIGHT:
            _confirm(connection, member_id, str(person.content["email"]), now)
        event = "email.confirmed" if outcome is Outcome.RIGHT else "email.code_refused"
        detail = {"member": member_digest(member_id), "outcome": outcome}
        audit.write(connection, event, actor=context.actor, correlation_id=context.trace, detail=detail)
    log.info(event, member_id=member_id, outcome=outcome)
    if outcome is not Outcome.RIGHT:
        raise one_time_codes.refusal(outcome, tries=row.tries + 1 if row else 0, rules=rules)


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


def _sent_before(connection: Connection, member_id: str) -> Sent | None:
    row = _code(connection, member_id)
    return Sent(row.sent_at, row.day_began_at, row.sent_count) if row else None


def _keep(connection: Connection, member_id: str, email: str, kept: Kept, sent: Sent) -> None:
    values = {
        "email": email,
        "hashed": kept.hashed,
        "expires_at": kept.expires_at,
        "tries": kept.tries,
        "sent_at": sent.last_at,
        "day_began_at": sent.day_began_at,
        "sent_count": sent.count,
    }
    statement = insert(email_code).values(member_id=member_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["member_id"], set_=values))


def _count(connection: Connection, row: Row[Any]) -> None:
    connection.execute(update(email_code).where(email_code.c.member_id == row.member_id).values(tries=row.tries + 1))


def _confirm(connection: Connection, member_id: str, email: str, now: datetime) -> None:
    values = {"email": email, "confirmed_at": now}
    statement = insert(confirmed_email).values(member_id=member_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["member_id"], set_=values))
    connection.execute(delete(email_code).where(email_code.c.member_id == member_id))


def _code_mail(person: SectionView, code: str, locale: str | None, kept: Kept) -> AddressedMail:
    return AddressedMail(
        cause_id=new_id(),
        template=MailTemplate.EMAIL_CODE,
        member_id=person.member_id,
        recipient=str(person.content["email"]),
        name="",  # the address's owner may be somebody else than the member who typed the name
        locale=locale or person.content.get("locale") or "en",
        facts={"code": code, "valid_until": kept.expires_at},
        secret=True,
        timezone=person.content.get("timezone"),
    )
