"""Slows down guessing: each try to sign in is counted before it is checked, so that many at once gain nothing."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff.rules.sign_in import Tries, counted, of_account, of_address
from pipeline.access.staff.tables import sign_in_tries
from pipeline.kernel.database import Database, one_at_a_time
from pipeline.policy.sign_in import SignIn


def count_try(name: str, address: str, *, now: datetime, db: Database, rules: SignIn) -> None:
    """Count a try against the account and the address. Raises TooManyTries, and then counts nothing."""
    free = {of_account(name): rules.tries_per_account, of_address(address): rules.tries_per_address}
    with db.begin() as connection:
        for whose in sorted(free):
            one_at_a_time(connection, whose)
        before = _counts(connection, free)
        for whose, tries in free.items():
            _store(connection, whose, counted(before.get(whose), free=tries, now=now, rules=rules))


def forgive(connection: Connection, name: str, address: str, *, now: datetime) -> None:
    """The try was right: forget the account's failed tries, and take this one from the address."""
    connection.execute(delete(sign_in_tries).where(sign_in_tries.c.whose == of_account(name)))
    connection.execute(
        update(sign_in_tries)
        .where(sign_in_tries.c.whose == of_address(address))
        .values(failed=sign_in_tries.c.failed - 1, paused_until=now)
    )


def _counts(connection: Connection, whose: Mapping[str, int]) -> dict[str, Tries]:
    rows = connection.execute(select(sign_in_tries).where(sign_in_tries.c.whose.in_(whose)))
    return {row.whose: Tries(row.failed, row.last_at, row.paused_until) for row in rows}


def _store(connection: Connection, whose: str, tries: Tries) -> None:
    values = {"failed": tries.failed, "last_at": tries.last_at, "paused_until": tries.paused_until}
    statement = insert(sign_in_tries).values(whose=whose, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["whose"], set_=values))
