"""Keys with which we sign. Each is made on first use and kept in the database, so that every process knows it."""

import secrets
from typing import Final

from sqlalchemy import Column, Connection, Table, Text, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import Instant, metadata

signing_key: Final = Table(
    "signing_key",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("secret", Text, nullable=False),
    Column("made_at", Instant, nullable=False, server_default=func.now()),
)


def signing_secret(connection: Connection, purpose: str) -> str:
    """The secret for one purpose: what was signed for one purpose is worth nothing for another."""
    find = select(signing_key.c.secret).where(signing_key.c.purpose == purpose)
    found: str | None = connection.execute(find).scalar_one_or_none()
    if found is None:
        made = insert(signing_key).values(purpose=purpose, secret=secrets.token_hex(32))
        connection.execute(made.on_conflict_do_nothing())
        found = str(connection.execute(find).scalar_one())
    return found
