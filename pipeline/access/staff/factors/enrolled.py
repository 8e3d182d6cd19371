"""Which second factors a person has, how wrong codes slow down the next try, and how factors end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff import sessions
from pipeline.access.staff.factors.rules import hashed_code, new_recovery_codes, pause_until, require_no_pause
from pipeline.access.staff.factors.tables import has_factor, passkey, recovery_code, second_factor
from pipeline.access.staff.ownership import record_opening
from pipeline.access.staff.reviewers import unknown_reviewer
from pipeline.access.staff.tables import reviewer, session
from pipeline.kernel.database import Database
from pipeline.kernel.encryption import Sealer
from pipeline.kernel.errors import Conflict
from pipeline.kernel.ids import new_id
from pipeline.policy.sign_in import SignIn
from pipeline.submission import audit


class FactorNeeded(Conflict):
    """The policy wants a second factor of everybody, and this is the last one."""

    code = "second_factor_needed"


@dataclass(frozen=True, slots=True)
class FactorContext:
    """What second factors need: the database, what seals secrets, the rules, and the console's host and origin for passkeys."""

    db: Database
    sealer: Sealer
    rules: SignIn
    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey as its person sees it."""

    id: UUID
    name: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """A person's second factors: since when there is an app, the passkeys, and how many recovery codes are left."""

    app_since: datetime | None
    passkeys: tuple[Passkey, ...]
    codes_left: int

    def __bool__(self) -> bool:
        return self.app_since is not None or bool(self.passkeys)


def is_asked(connection: Connection, reviewer_id: str, rules: SignIn) -> bool:
    """Whether somebody shows a second factor when they sign in."""
    return rules.second_factor != "off" and bool(connection.execute(select(has_factor(reviewer_id))).scalar_one())


def factors_of(reviewer_id: str, *, db: Database) -> Factors:
    """What a person has."""
    with db.read() as connection:
        app = connection.execute(
            select(second_factor.c.totp_at).where(
                second_factor.c.reviewer_id == reviewer_id, second_factor.c.totp.is_not(None)
            )
        ).scalar_one_or_none()
        keys = connection.execute(
            select(passkey).where(passkey.c.reviewer_id == reviewer_id).order_by(passkey.c.made_at)
        ).all()
        left = connection.execute(
            select(func.count()).where(recovery_code.c.reviewer_id == reviewer_id, recovery_code.c.used_at.is_(None))
        ).scalar_one()
    return Factors(app, tuple(Passkey(each.id, each.name, each.made_at, each.used_at) for each in keys), left)


def locked(connection: Connection, reviewer_id: str) -> Row[Any]:
    """The person's row of factors, locked; it is made where there is none."""
    connection.execute(insert(second_factor).values(reviewer_id=reviewer_id).on_conflict_do_nothing())
    mine = second_factor.c.reviewer_id == reviewer_id
    return connection.execute(select(second_factor).where(mine).with_for_update()).one()


def count_try(reviewer_id: str, *, now: datetime, db: Database, rules: SignIn) -> None:
    """Count a try before it is looked at, so that many at once gain nothing. Raises TooManyTries."""
    with db.begin() as connection:
        row = locked(connection, reviewer_id)
        require_no_pause(row.paused_until, now=now)
        failed = row.failed + 1
        paused = pause_until(failed, now=now, rules=rules)
        mine = second_factor.c.reviewer_id == reviewer_id
        connection.execute(update(second_factor).where(mine).values(failed=failed, paused_until=paused))


def forgive(connection: Connection, reviewer_id: str) -> None:
    """The try was right: forget the wrong ones."""
    mine = second_factor.c.reviewer_id == reviewer_id
    connection.execute(update(second_factor).where(mine).values(failed=0, paused_until=None))


def added(connection: Connection, reviewer_id: str, session_id: UUID, factor: str, *, first: bool) -> tuple[str, ...]:
    """A factor was added in this session. With the first one the other sessions end, and recovery codes are made, which are returned."""
    audit.write(connection, "factor.added", actor=reviewer_id, detail={"reviewer": reviewer_id, "factor": factor})
    connection.execute(update(session).where(session.c.id == session_id).values(factor=factor))
    if not first:
        return ()
    sessions.end_all(connection, reviewer_id, but=session_id)
    return fresh_codes(connection, reviewer_id)


def fresh_codes(connection: Connection, reviewer_id: str) -> tuple[str, ...]:
    """New recovery codes in place of all former ones. Only hashes are kept."""
    codes = new_recovery_codes()
    connection.execute(delete(recovery_code).where(recovery_code.c.reviewer_id == reviewer_id))
    rows = [{"id": new_id(), "reviewer_id": reviewer_id, "code_sha256": hashed_code(each)} for each in codes]
    connection.execute(insert(recovery_code), rows)
    audit.write(connection, "recovery_codes.made", actor=reviewer_id, detail={"reviewer": reviewer_id})
    return codes


def remake_codes(reviewer_id: str, *, db: Database) -> tuple[str, ...]:
    """The same for a person who asks for it."""
    with db.begin() as connection:
        locked(connection, reviewer_id)
        return fresh_codes(connection, reviewer_id)


def use_recovery_code(connection: Connection, reviewer_id: str, code: str) -> bool:
    """Use a recovery code up, in the caller's transaction. False where it is none, or was used."""
    mine = (recovery_code.c.reviewer_id == reviewer_id, recovery_code.c.code_sha256 == hashed_code(code))
    used = connection.execute(
        update(recovery_code).where(*mine, recovery_code.c.used_at.is_(None)).values(used_at=func.now())
    )
    return used.rowcount == 1


def remove(connection: Connection, reviewer_id: str, factor: str, *, rules: SignIn) -> None:
    """A person has removed one of their factors, in the caller's transaction. Raises FactorNeeded where that was the last one."""
    audit.write(connection, "factor.removed", actor=reviewer_id, detail={"reviewer": reviewer_id, "factor": factor})
    if connection.execute(select(has_factor(reviewer_id))).scalar_one():
        return
    if rules.second_factor == "required":
        raise FactorNeeded("Everybody needs a second factor here. Add another one before you remove the last.")
    connection.execute(delete(recovery_code).where(recovery_code.c.reviewer_id == reviewer_id))


def end_factors(reviewer_id: str, *, actor: str, db: Database) -> None:
    """End all factors of somebody who has lost them, and their sessions: the one who does this could now sign in as them.

    Raises NotFound.
    """
    with db.begin() as connection:
        known = connection.execute(select(reviewer.c.id).where(reviewer.c.id == reviewer_id).with_for_update()).first()
        if known is None:
            raise unknown_reviewer(reviewer_id)
        had = connection.execute(select(has_factor(reviewer_id))).scalar_one()
        for table in (recovery_code, passkey, second_factor):
            connection.execute(delete(table).where(table.c.reviewer_id == reviewer_id))
        if had:
            record_opening(connection, reviewer_id, by=actor, how="second_factor")
        sessions.end_all(connection, reviewer_id, actor=actor)
        audit.write(connection, "factors.ended", actor=actor, detail={"reviewer": reviewer_id})
