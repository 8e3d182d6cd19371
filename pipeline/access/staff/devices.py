"""Devices from which somebody has signed in: an encrypted cookie, which proves an earlier sign-in and gives no access by itself.

A device's tries to sign in are counted apart from those of strangers, so that nobody else's failures make its owner wait.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final

from pipeline.access.staff.rules.tries import Device
from pipeline.kernel.database import Database
from pipeline.kernel.encryption import Sealer
from pipeline.kernel.tokens import TokenNotValid, tokens_of
from pipeline.policy.sign_in import SignIn

PURPOSE: Final = "device"
_PARTS: Final = 2


def device_cookie(
    reviewer_id: str, *, before: Device | None, now: datetime, db: Database, sealer: Sealer, rules: SignIn
) -> str:
    """The cookie of a device in which this person has just signed in. The same person's device keeps its name."""
    known = before.id if before is not None and before.reviewer_id == reviewer_id else secrets.token_urlsafe(16)
    with db.begin() as connection:
        tokens = tokens_of(connection, PURPOSE, sealer=sealer)
    return tokens.make(reviewer_id, known, ends_at=now + timedelta(days=rules.device_days))


def device_of(cookie: str | None, *, now: datetime, db: Database, sealer: Sealer) -> Device | None:
    """The device of a cookie; None where we have not made it, or where it has ended."""
    if cookie is None:
        return None
    with db.begin() as connection:
        tokens = tokens_of(connection, PURPOSE, sealer=sealer)
    try:
        parts = tokens.read(cookie, now=now)
    except TokenNotValid:
        return None
    return Device(*parts) if len(parts) == _PARTS else None
