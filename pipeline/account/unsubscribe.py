"""One-click unsubscribe (RFC 8058): a signed link that works without signing in, and the headers that carry it."""

import hashlib
from dataclasses import astuple, dataclass
from typing import Final

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import Connection

from pipeline.account.subscriptions import choose
from pipeline.kernel.database import Database
from pipeline.kernel.errors import NotFound
from pipeline.kernel.signing_keys import signing_secret
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
    """The signed token of a link: anyone can read it, and only we can make it."""
    return str(_signer(connection).dumps(astuple(leaving)))


def leaving_of(token: str, *, db: Database, policy: Policy) -> Leaving:
    """What the token leaves. Raises NotFound for one that is not ours, or whose category is gone."""
    with db.begin() as connection:
        signer = _signer(connection)
    try:
        leaving = Leaving(*signer.loads(token))
    except BadData:
        raise NotFound("This link is not one of ours, or was cut off. Copy all of it out of the mail.") from None
    if leaving.category not in policy.subscriptions:
        raise NotFound("There are no mails of this kind any more.")
    return leaving


def unsubscribe(token: str, *, trace: str, db: Database, policy: Policy) -> Leaving:
    """Leave the category that the token names; as often as one likes. Raises NotFound."""
    leaving = leaving_of(token, db=db, policy=policy)
    choose(leaving.member_id, {leaving.category: False}, actor=ACTOR, trace=trace, db=db, policy=policy)
    return leaving


def _signer(connection: Connection) -> URLSafeSerializer:
    digest = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(signing_secret(connection, PURPOSE), salt=PURPOSE, signer_kwargs=digest)
