"""Whose an account is: its person's alone, or also that of whoever made a way into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update

from pipeline.access.personal_keys import proof_of_key, revoke_keys_made_since
from pipeline.access.staff import sessions
from pipeline.access.staff.rules.independence import TERMINAL, Holder, is_terminal, may_confirm, others_of
from pipeline.access.staff.tables import opening, reviewer, session
from pipeline.kernel import credentials
from pipeline.kernel.credentials import Credential, CredentialKind
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Conflict, Forbidden, NotFound
from pipeline.kernel.ids import new_id
from pipeline.submission import audit

_STILL_OPEN = opening.c.closed_at.is_(None)


class NothingToConfirm(Conflict):
    """Nobody but its person has made a way into this account."""

    code = "nothing_to_confirm"


@dataclass(frozen=True, slots=True)
class Opened:
    """A way into an account that somebody else made, and nobody has answered for since."""

    by: str
    how: str
    at: datetime


def record_opening(connection: Connection, reviewer_id: str, *, by: str | None, how: str) -> None:
    """Record that `by` made a way into this account, in the caller's transaction. Nothing where that is the person's own doing."""
    if by is None or by == reviewer_id or (is_terminal(by) and how != "password"):
        return
    opened_by = TERMINAL if is_terminal(by) else by
    connection.execute(insert(opening).values(id=new_id(), reviewer_id=reviewer_id, opened_by=opened_by, how=how))


def own_password_chosen(connection: Connection, reviewer_id: str) -> None:
    """The person has replaced a password that was typed at a terminal, in the caller's transaction."""
    typed = (opening.c.opened_by == TERMINAL, opening.c.how == "password", _STILL_OPEN)
    _close(connection, reviewer_id, *typed, by=reviewer_id)


def openings_of(reviewer_id: str, *, db: Database) -> Sequence[Opened]:
    """What stands against this account being its person's alone, the earliest first."""
    query = select(opening).where(opening.c.reviewer_id == reviewer_id, _STILL_OPEN).order_by(opening.c.at)
    with db.read() as connection:
        return [Opened(row.opened_by, row.how, row.at) for row in connection.execute(query)]


def holder_of(connection: Connection, reviewer_id: str, credential: Credential | None) -> Holder:
    """The person who acts by this credential, and who else it could be. The provider's word makes an account its person's alone."""
    proof = _proof(connection, reviewer_id, credential)
    if proof == "provider":
        return Holder(reviewer_id, own=True)
    openings = _openings(connection)
    own = proof is not None and TERMINAL not in openings.get(reviewer_id, ())
    return Holder(reviewer_id, own, others_of(reviewer_id, openings))


def present_holder(connection: Connection, reviewer_id: str) -> Holder:
    """The same for the credential of the present request."""
    return holder_of(connection, reviewer_id, credentials.present())


def confirm(reviewer_id: str, *, actor: str, db: Database) -> None:
    """Record that `actor` knows who has this account: from now on it is its person's alone.

    What was signed in or made meanwhile ends: the person signs in anew. Raises NotFound, NothingToConfirm, Forbidden.
    """
    with db.begin() as connection:
        if (
            connection.execute(select(reviewer.c.id).where(reviewer.c.id == reviewer_id).with_for_update()).first()
            is None
        ):
            raise NotFound(f"There is no reviewer {reviewer_id!r}.")
        if not is_terminal(actor):
            _require_outsider(connection, reviewer_id, actor)
        closed = _close(connection, reviewer_id, _STILL_OPEN, by=actor)
        if not closed:
            raise NothingToConfirm("Nobody else has made a way into this account, so there is nothing to confirm.")
        sessions.end_all(connection, reviewer_id)
        revoke_keys_made_since(connection, reviewer_id, min(row.at for row in closed), actor=actor)
        audit.write(connection, "reviewer.confirmed", actor=actor, detail={"reviewer": reviewer_id})


def _require_outsider(connection: Connection, reviewer_id: str, actor: str) -> None:
    openings = _openings(connection)
    here, there = (Holder(each, own=True, others=others_of(each, openings)) for each in (actor, reviewer_id))
    if not may_confirm(here, there):
        raise Forbidden(
            "Who made the way into an account, or whose own account the same person opened, cannot confirm it. Ask another "
            f"administrator, or the operator: proofdesk reviewer confirm {reviewer_id}"
        )


def _proof(connection: Connection, reviewer_id: str, credential: Credential | None) -> str | None:
    """How the person of this credential signed in; None for one that they did not make themselves."""
    if credential is None:
        return None
    if credential.kind is CredentialKind.KEY:
        return proof_of_key(connection, UUID(credential.id), reviewer_id)
    if credential.kind is not CredentialKind.SESSION:
        return None
    theirs = (session.c.id == UUID(credential.id), session.c.reviewer_id == reviewer_id)
    return connection.execute(select(session.c.proof).where(*theirs)).scalar_one_or_none()


def _openings(connection: Connection) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in connection.execute(select(opening.c.reviewer_id, opening.c.opened_by).where(_STILL_OPEN)):
        found.setdefault(row.reviewer_id, set()).add(row.opened_by)
    return found


def _close(connection: Connection, reviewer_id: str, *which: Any, by: str) -> Sequence[Row[Any]]:
    return connection.execute(
        update(opening)
        .where(opening.c.reviewer_id == reviewer_id, *which)
        .values(closed_by=by, closed_at=func.now())
        .returning(opening.c.at)
    ).all()
