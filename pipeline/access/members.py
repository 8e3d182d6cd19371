"""Whose member it is: keys are asked here before they send something about one, and operators give members to a service."""

from typing import Final

from sqlalchemy import Integer, Table, Text, Update, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.api_keys import LIVE, api_key
from pipeline.access.caller import Caller
from pipeline.access.rules.keys import RESERVED, service_problem
from pipeline.events.tables import event
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Invalid, Problem
from pipeline.kernel.rules.digests import member_digest
from pipeline.ownership import owners
from pipeline.ownership.owners import no_member
from pipeline.ownership.rules import TEST, is_test
from pipeline.ownership.tables import Owned, ownership
from pipeline.submission import audit
from pipeline.submission.tables import submission

_MEMBER: Final = bindparam("member_id", type_=Text)
_RESERVED: Final = select(
    and_(
        exists().where(
            func.starts_with(_MEMBER, api_key.c.members_prefix),
            func.char_length(api_key.c.members_prefix) > bindparam("length", type_=Integer),
            api_key.c.service != bindparam("service", type_=Text),
            *LIVE,
        ),
        ~exists().where(ownership.c.kind == Owned.MEMBER, ownership.c.name == _MEMBER),
    )
)
"""Whether nobody owns the member, and a live key of another service has a prefix for them that is longer than the caller's."""


def require_writable(member_id: str, *, caller: Caller, db: Database) -> None:
    """Let the caller send something about a member. A member whom nobody owns belongs to the caller's service from then on.

    A prefix is reserved for its service: nobody else takes a new member in it. Raises NotFound for a member out of reach.
    """
    if caller.reach.service is not None and caller.reach.covers(member_id):
        asked = {"member_id": member_id, "length": len(caller.members_prefix or ""), "service": caller.sends_as}
        with db.read() as connection:
            if connection.execute(_RESERVED, asked).scalar_one():
                raise no_member(member_id)
    owners.require_writable(member_id, service=caller.sends_as, reach=caller.reach, db=db)


def give(kind: Owned, name: str, *, service: str, actor: str, db: Database) -> int:
    """Make the service the owner of a member or of a `source` of events, whoever owned it. Raises Invalid, also for a test key's member.

    Of a member also the submissions and events that belong to no service: from before services were told apart, or from
    another door. Returns how many submissions.
    """
    if problem := service_problem(service):
        raise Invalid([problem])
    if is_test(name):
        raise Invalid([Problem("name", "not_for_a_test_key", f"What begins with {TEST} stays with its test key.")])
    owned = insert(ownership).values(kind=kind, name=name, service=service)
    with db.begin() as connection:
        connection.execute(owned.on_conflict_do_update(index_elements=["kind", "name"], set_={"service": service}))
        moved = [connection.execute(each).rowcount for each in _nobodys(kind, name, service)]
        named = {"member": member_digest(name)} if kind is Owned.MEMBER else {"name": name}
        detail = {"kind": kind, **named, "service": service}
        audit.write(connection, "ownership.given", actor=actor, detail=detail)
    return moved[0] if moved else 0


def _nobodys(kind: Owned, member_id: str, service: str) -> list[Update]:
    """Changes that give the service what belongs to nobody of a member's."""
    if kind is not Owned.MEMBER:
        return []
    return [_given(table, member_id, service) for table in (submission, event)]


def _given(table: Table, member_id: str, service: str) -> Update:
    nobodys = or_(table.c.service.is_(None), table.c.service.in_(RESERVED))
    return update(table).where(table.c.member_id == member_id, nobodys).values(service=service)
