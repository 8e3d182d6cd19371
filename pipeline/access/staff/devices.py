"""Devices from which somebody has signed in: a signed cookie, which proves an earlier sign-in and gives no access by itself.

A device's tries to sign in are counted apart from those of strangers, so that nobody else's failures make its owner wait.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Connection

from pipeline.access.staff.rules.tries import Device
from pipeline.kernel.database import Database
from pipeline.kernel.signing_keys import signing_secret
from pipeline.policy.sign_in import SignIn

PURPOSE: Final = "device"
_PARTS: Final = 2


def device_cookie(reviewer_id: str, *, before: Device | None, db: Database) -> str:
    """The cookie of a device in which this person has just signed in. The same person's device keeps its name."""
    known = before.id if before is not None and before.reviewer_id == reviewer_id else secrets.token_urlsafe(16)
    with db.begin() as connection:
        return str(_signer(connection).dumps([reviewer_id, known]))


def device_of(cookie: str | None, *, db: Database, rules: SignIn) -> Device | None:
    """The device of a cookie; None where we have not signed it, or too long ago."""
    if cookie is None:
        return None
    with db.begin() as connection:
        signer = _signer(connection)
    try:
        parts = signer.loads(cookie, max_age=int(timedelta(days=rules.device_days).total_seconds()))
    except BadData:
        return None
    return Device(*map(str, parts)) if isinstance(parts, list) and len(parts) == _PARTS else None


def _signer(connection: Connection) -> URLSafeTimedSerializer:
    digest = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeTimedSerializer(signing_secret(connection, PURPOSE), salt=PURPOSE, signer_kwargs=digest)
