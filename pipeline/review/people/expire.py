from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, delete, func

from pipeline.review.people.tables import invitation, provider_visit, session, sign_in_tries
from pipeline.sign_in_policy import SignIn

_KEPT: Final = timedelta(days=30)
"""How long a session that is over is kept beside the history, which says when it began and ended."""


def forget_signed_out(connection: Connection, rules: SignIn) -> None:
    """Delete sessions that are long over, links and visits that are too old to be used, and tries that count no more."""
    connection.execute(delete(session).where(session.c.expires_at < func.now() - _KEPT))
    connection.execute(delete(invitation).where(invitation.c.expires_at < func.now()))
    connection.execute(delete(provider_visit).where(provider_visit.c.expires_at < func.now()))
    last = func.now() - timedelta(hours=rules.forget_hours)
    connection.execute(delete(sign_in_tries).where(sign_in_tries.c.last_at < last))
