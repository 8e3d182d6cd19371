"""Codes of an authenticator app (RFC 6238). The secret is sealed in the database, and each code is good once."""

from datetime import datetime
from typing import Final
from uuid import UUID

import pyotp
from sqlalchemy import Connection, or_, select, update

from pipeline.access.staff.factors.enrolled import FactorContext, added, count_try, forgive, locked, remove
from pipeline.access.staff.factors.rules import refused, step_of, written
from pipeline.access.staff.factors.tables import has_factor, second_factor
from pipeline.kernel.errors import NotFound

ISSUER: Final = "Proofdesk"
APP: Final = "app"


def offer(reviewer_id: str, *, context: FactorContext) -> str:
    """The address (`otpauth://`) of a new secret for an app; it counts once a code of it was given."""
    secret = pyotp.random_base32()
    with context.db.begin() as connection:
        locked(connection, reviewer_id)
        sealed = context.sealer.seal(secret, place=_place(reviewer_id))
        mine = second_factor.c.reviewer_id == reviewer_id
        connection.execute(update(second_factor).where(mine).values(totp_offered=sealed))
    return pyotp.TOTP(secret).provisioning_uri(name=reviewer_id, issuer_name=ISSUER)


def offered(reviewer_id: str, *, context: FactorContext) -> str | None:
    """The address of the secret that was offered and not confirmed yet; None where there is none."""
    mine = second_factor.c.reviewer_id == reviewer_id
    with context.db.read() as connection:
        sealed = connection.execute(select(second_factor.c.totp_offered).where(mine)).scalar_one_or_none()
    if sealed is None:
        return None
    secret = context.sealer.open(sealed, place=_place(reviewer_id))
    return pyotp.TOTP(secret).provisioning_uri(name=reviewer_id, issuer_name=ISSUER)


def confirm(reviewer_id: str, code: str, *, session_id: UUID, now: datetime, context: FactorContext) -> tuple[str, ...]:
    """The app has the secret: its codes are asked for from now on. Returns recovery codes with the first factor.

    Raises FactorRefused, TooManyTries, NotFound.
    """
    count_try(reviewer_id, now=now, db=context.db, rules=context.rules)
    with context.db.begin() as connection:
        row = locked(connection, reviewer_id)
        if row.totp_offered is None:
            raise NotFound("There is nothing to confirm. Begin anew.")
        step = step_of(context.sealer.open(row.totp_offered, place=_place(reviewer_id)), written(code), now=now)
        if step is None:
            raise refused()
        first = not connection.execute(select(has_factor(reviewer_id))).scalar_one()
        values = {"totp": row.totp_offered, "totp_step": step, "totp_at": now, "totp_offered": None}
        connection.execute(update(second_factor).where(second_factor.c.reviewer_id == reviewer_id).values(**values))
        forgive(connection, reviewer_id)
        return added(connection, reviewer_id, session_id, APP, first=first)


def use_code(connection: Connection, reviewer_id: str, code: str, *, now: datetime, context: FactorContext) -> bool:
    """Use a code up, in the caller's transaction: neither it nor an earlier one is good again. False where it does not fit."""
    mine = second_factor.c.reviewer_id == reviewer_id
    sealed = connection.execute(select(second_factor.c.totp).where(mine)).scalar_one_or_none()
    step = step_of(context.sealer.open(sealed, place=_place(reviewer_id)), code, now=now) if sealed else None
    if step is None:
        return False
    later = or_(second_factor.c.totp_step.is_(None), second_factor.c.totp_step < step)
    return connection.execute(update(second_factor).where(mine, later).values(totp_step=step)).rowcount == 1


def remove_app(reviewer_id: str, *, context: FactorContext) -> None:
    """Ask for no codes any more. Raises FactorNeeded."""
    with context.db.begin() as connection:
        locked(connection, reviewer_id)
        gone = {"totp": None, "totp_step": None, "totp_at": None, "totp_offered": None}
        connection.execute(update(second_factor).where(second_factor.c.reviewer_id == reviewer_id).values(**gone))
        remove(connection, reviewer_id, APP, rules=context.rules)


def _place(reviewer_id: str) -> str:
    return f"second_factor:{reviewer_id}"
