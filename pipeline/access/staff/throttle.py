"""Slows down guessing: each try to sign in is counted before it is checked, so that many at once gain nothing.

A stranger's tries are counted for the account, and for the account from their network address. A device in which its owner has signed
in before is counted by itself, and so is a person who is signed in. docs/people.md has the rule in words.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff.rules.tries import Guess, TooManyTries, Tries, counted, wait_before
from pipeline.access.staff.tables import sign_in_tries
from pipeline.kernel.database import Database, one_at_a_time
from pipeline.policy.sign_in import SignIn


def count_try(guess: Guess, *, now: datetime, db: Database, rules: SignIn) -> None:
    """Count a try. Raises TooManyTries: then it counts nothing, and who waits as long as they are told is let in after that."""
    with db.begin() as connection:
        for whose in sorted(guess.counts):
            one_at_a_time(connection, whose)
        before = _counts(connection, guess)
        wait = wait_before(guess, before, now=now)
        if wait is None:
            _count(connection, guess, before, now=now, rules=rules)
        elif not guess.is_known and guess.turn not in before:
            _store(connection, guess.turn, Tries(0, now, wait))
    if wait is not None:
        raise TooManyTries.until(wait, now=now)


def forgive(connection: Connection, guess: Guess) -> None:
    """The try was right: forget it, and the failed ones before it."""
    connection.execute(delete(sign_in_tries).where(sign_in_tries.c.whose.in_(guess.counts)))


def _count(connection: Connection, guess: Guess, before: Mapping[str, Tries], *, now: datetime, rules: SignIn) -> None:
    for whose in guess.counts:
        _store(connection, whose, counted(before.get(whose), now=now, rules=rules))
    connection.execute(delete(sign_in_tries).where(sign_in_tries.c.whose == guess.turn))


def _counts(connection: Connection, guess: Guess) -> dict[str, Tries]:
    rows = connection.execute(select(sign_in_tries).where(sign_in_tries.c.whose.in_((*guess.counts, guess.turn))))
    return {row.whose: Tries(row.failed, row.last_at, row.paused_until) for row in rows}


def _store(connection: Connection, whose: str, tries: Tries) -> None:
    values = {"failed": tries.failed, "last_at": tries.last_at, "paused_until": tries.paused_until}
    statement = insert(sign_in_tries).values(whose=whose, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["whose"], set_=values))
