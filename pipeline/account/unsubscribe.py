"""One-click unsubscribe (RFC 8058): a signed link that works without signing in, and the headers that carry it.

The key is made on first use and kept in the database, so that every process knows it and links in old mails keep working.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.account.subscriptions import choose
from pipeline.account.tables import signing_key
from pipeline.kernel.database import Database
from pipeline.kernel.errors import NotFound
from pipeline.policy import Policy

PURPOSE: Final = "unsubscribe"
ACTOR: Final = "member"


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a link leaves: one category of one member's mails."""

    member_id: str
    category: str


def unsubscribe_headers(connection: Connection, leaving: Leaving, *, web_url: str) -> dict[str, str]:
    """The two headers of a mail of a category. `web_url` is where `web` is seen from outside, by https."""
    link = f"{web_url}/v1/unsubscribe/{token_of(connection, leaving)}"
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def token_of(connection: Connection, leaving: Leaving) -> str:
    """The signed token of a link: it can be read by anyone and made only by us."""
    payload = orjson.dumps([leaving.member_id, leaving.category])
    return f"{_encoded(payload)}.{_encoded(_signature(_key(connection), payload))}"


def leaving_of(token: str, *, db: Database, policy: Policy) -> Leaving:
    """What the token leaves. Raises NotFound for one that is not ours, or whose category is gone."""
    written, _, signature = token.partition(".")
    with db.begin() as connection:
        key = _key(connection)
    try:
        payload = _decoded(written)
        genuine = hmac.compare_digest(_signature(key, payload), _decoded(signature))
    except (ValueError, binascii.Error):
        genuine = False
    if not genuine:
        raise NotFound("This link is not one of ours, or was cut off. Copy all of it out of the mail.")
    leaving = Leaving(*orjson.loads(payload))
    if leaving.category not in policy.subscriptions:
        raise NotFound("There are no mails of this kind any more.")
    return leaving


def unsubscribe(token: str, *, trace: str, db: Database, policy: Policy) -> Leaving:
    """Leave the category that the token names; as often as one likes. Raises NotFound."""
    leaving = leaving_of(token, db=db, policy=policy)
    choose(leaving.member_id, {leaving.category: False}, actor=ACTOR, trace=trace, db=db, policy=policy)
    return leaving


def _key(connection: Connection) -> bytes:
    made = insert(signing_key).values(purpose=PURPOSE, secret=secrets.token_hex(32))
    find = select(signing_key.c.secret).where(signing_key.c.purpose == PURPOSE)
    found = connection.execute(find).scalar_one_or_none()
    if found is None:
        connection.execute(made.on_conflict_do_nothing())
        found = connection.execute(find).scalar_one()
    return bytes.fromhex(found)


def _signature(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, hashlib.sha256)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(written: str) -> bytes:
    return base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
