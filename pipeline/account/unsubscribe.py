"""One-click unsubscribe (RFC 8058): a link that works without signing in, and the headers that carry it.

Its token is encrypted and ends: neither a log nor the mail's text says whose it is, and an old mail opens nothing for ever.
"""

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from pipeline.account.subscriptions import choose
from pipeline.kernel.database import Database
from pipeline.kernel.encryption import Sealer
from pipeline.kernel.errors import NotFound
from pipeline.kernel.tokens import tokens_of
from pipeline.policy import Policy

PURPOSE: Final = "unsubscribe"
ACTOR: Final = "member"


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a link leaves: one category of one member's mails."""

    member_id: str
    category: str


def unsubscribe_headers(
    connection: Connection, leaving: Leaving, *, web_url: str, sealer: Sealer, policy: Policy
) -> dict[str, str]:
    """The two headers of a mail of a category. `web_url` is where `web` is seen from outside, by https."""
    link = f"{web_url}/v1/unsubscribe/{token_of(connection, leaving, sealer=sealer, policy=policy)}"
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def token_of(connection: Connection, leaving: Leaving, *, sealer: Sealer, policy: Policy) -> str:
    """The token of a link, which works for the days that the policy says."""
    now: datetime = connection.execute(select(func.now())).scalar_one()
    ends_at = now + timedelta(days=policy.unsubscribe.link_days)
    return tokens_of(connection, PURPOSE, sealer=sealer).make(*astuple(leaving), ends_at=ends_at)


def leaving_of(token: str, *, now: datetime, db: Database, sealer: Sealer, policy: Policy) -> Leaving:
    """What the token leaves. Raises TokenNotValid for one that is not ours or has ended, NotFound where its category is gone."""
    with db.begin() as connection:
        tokens = tokens_of(connection, PURPOSE, sealer=sealer)
    leaving = Leaving(*tokens.read(token, now=now))
    if leaving.category not in policy.subscriptions:
        raise NotFound("There are no mails of this kind any more.")
    return leaving


def unsubscribe(token: str, *, now: datetime, trace: str, db: Database, sealer: Sealer, policy: Policy) -> Leaving:
    """Leave the category that the token names; as often as one likes. Raises NotFound."""
    leaving = leaving_of(token, now=now, db=db, sealer=sealer, policy=policy)
    choose(leaving.member_id, {leaving.category: False}, actor=ACTOR, trace=trace, db=db, policy=policy)
    return leaving
