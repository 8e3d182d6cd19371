from typing import Final

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import Database
from pipeline.kernel.errors import Invalid, NotFound, Problem
from pipeline.ownership.rules import Reach, is_test
from pipeline.ownership.tables import Owned, ownership

_FIRST: Final = insert(ownership).on_conflict_do_nothing()
_OWNER: Final = select(ownership.c.service).where(
    ownership.c.kind == bindparam("kind"), ownership.c.name == bindparam("name")
)


def adopt(connection: Connection, kind: Owned, name: str, *, service: str) -> str:
    """Make the service the owner of a name that nobody owns yet. Returns the owner. Two at once: the second waits for the first.

    Raises NotFound for a member of a test key who is not asked for by one, and the other way round: every door comes through here.
    """
    if kind is Owned.MEMBER and is_test(name) != is_test(service):
        raise no_member(name)
    asked = {"kind": kind, "name": name}
    connection.execute(_FIRST, {**asked, "service": service})
    owner: str = connection.execute(_OWNER, asked).scalar_one()
    return owner


def require_readable(member_id: str, *, reach: Reach, db: Database) -> None:
    """Raises NotFound where the member has another prefix, or belongs to another service or to none."""
    if not reach.covers(member_id):
        raise no_member(member_id)
    if reach.service is not None and _owner(Owned.MEMBER, member_id, db) != reach.service:
        raise no_member(member_id)


def require_writable(member_id: str, *, service: str, reach: Reach, db: Database) -> None:
    """Make the service the owner of a member whom nobody owns. Raises NotFound for a member of another prefix or service."""
    if not reach.covers(member_id):
        raise no_member(member_id)
    owner = _adopted(Owned.MEMBER, member_id, service, db)
    if reach.service not in {None, owner}:
        raise no_member(member_id)


def hand_on(connection: Connection, member_id: str, *, to: str) -> str | None:
    """Have the member's owner own another name in their place, so that nobody owns the member. Returns the owner."""
    mine = (ownership.c.kind == Owned.MEMBER, ownership.c.name == member_id)
    owner: str | None = connection.execute(
        update(ownership).where(*mine).values(name=to).returning(ownership.c.service)
    ).scalar_one_or_none()
    return owner


def require_source(source: str, *, service: str, reach: Reach, db: Database) -> None:
    """Make the service the owner of a `source` of events that nobody uses. Raises Invalid where it is another service's."""
    owner = _adopted(Owned.SOURCE, source, service, db)
    if reach.service not in {None, owner}:
        message = "Another service sends its events under this name. Use a name of your own."
        raise Invalid([Problem("source", "not_your_source", message)])


def _adopted(kind: Owned, name: str, service: str, db: Database) -> str:
    """The owner of the name; the service, where nobody was."""
    if (owner := _owner(kind, name, db)) is not None:
        return owner
    with db.begin() as connection:
        return adopt(connection, kind, name, service=service)


def _owner(kind: Owned, name: str, db: Database) -> str | None:
    with db.read() as connection:
        return connection.execute(_OWNER, {"kind": kind, "name": name}).scalar_one_or_none()


def no_member(member_id: str) -> NotFound:
    """The same words for a member of another service and for one that there is not."""
    return NotFound(f"There is no member {member_id} for this key.")
