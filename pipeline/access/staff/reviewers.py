"""The rows of reviewers: added and changed in one way, whoever does it. Each change is written to the history."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff.rules.names import require_free_name
from pipeline.access.staff.rules.roles import Right, Role, roles_with
from pipeline.access.staff.tables import reviewer
from pipeline.kernel.database import Database, one_at_a_time, took_effect
from pipeline.kernel.errors import Conflict, NotFound
from pipeline.kernel.rules.digests import member_digest
from pipeline.submission import audit


class LastAdministrator(Conflict):
    """Nobody else could give rights any more."""

    code = "last_administrator"


def add_reviewer(
    reviewer_id: str,
    *,
    name: str | None = None,
    roles: Sequence[Role] = (),
    languages: Sequence[str] = (),
    related_members: Sequence[str] = (),
    actor: str = "cli",
    db: Database,
) -> None:
    """Add a reviewer, or change what is given of one: name, roles, languages (none: any), and whose cases they never get.

    A new one has the role of a reviewer unless others are given. Those cases are their own and related members' (DESIGN §5). Raises
    LastAdministrator.
    """
    values = {"name": name, "roles": roles, "languages": languages, "related_members": related_members}
    given = {column: value for column, value in values.items() if value}
    with db.begin() as connection:
        is_new = insert_reviewer(connection, reviewer_id, {"roles": [Role.REVIEWER], **given}, actor=actor)
        if given and not is_new:
            change_reviewer(connection, reviewer_id, given, actor=actor)


def insert_reviewer(connection: Connection, reviewer_id: str, given: Mapping[str, Any], *, actor: str) -> bool:
    """Add a reviewer with these columns, in the caller's transaction. False where somebody has the id. Raises Invalid."""
    require_free_name(reviewer_id)
    row = _written(given)
    is_new = took_effect(connection, insert(reviewer).values(id=reviewer_id, **row).on_conflict_do_nothing())
    if is_new:
        audit.write(connection, "reviewer.added", actor=actor, detail=_detail(reviewer_id, row))
    return is_new


def change_reviewer(connection: Connection, reviewer_id: str, given: Mapping[str, Any], *, actor: str) -> None:
    """Set these columns of a reviewer, in the caller's transaction. Raises NotFound, LastAdministrator."""
    row = _written(given)
    if Role.ADMIN not in row.get("roles", [Role.ADMIN]):
        keep_an_administrator(connection, reviewer_id)
    set_columns(connection, reviewer_id, **row)
    audit.write(connection, "reviewer.changed", actor=actor, detail=_detail(reviewer_id, row))


def keep_an_administrator(connection: Connection, reviewer_id: str) -> None:
    """Raises LastAdministrator where nobody else can give rights. Administrators who remove each other at once queue up here."""
    one_at_a_time(connection, "administrators")
    enabled = select(reviewer.c.id).where(reviewer.c.disabled_at.is_(None))
    can_give = enabled.where(reviewer.c.roles.overlap(list(roles_with(Right.PEOPLE))))
    if list(connection.execute(can_give).scalars()) == [reviewer_id]:
        raise LastAdministrator("This is the only administrator. Make somebody else one first.")


def set_columns(connection: Connection, reviewer_id: str, **values: Any) -> None:
    """Set columns of a reviewer without a line in the history. Raises NotFound."""
    changed = connection.execute(update(reviewer).where(reviewer.c.id == reviewer_id).values(**values))
    if changed.rowcount != 1:
        raise unknown_reviewer(reviewer_id)


def unknown_reviewer(reviewer_id: str) -> NotFound:
    """The error for an id that nobody has."""
    return NotFound(f"There is no reviewer {reviewer_id!r}. Add one with: proofdesk reviewer add {reviewer_id}")


def _detail(reviewer_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """What the record says, which cannot be changed: of a name only that it was given, and related members by their digests."""
    told = {each: row[each] for each in row if each != "name"}
    if row.get("name") is not None:
        told["name"] = True
    if row.get("related_members") is not None:
        told["related_members"] = [member_digest(each) for each in row["related_members"]]
    return {"reviewer": reviewer_id, **told}


def _written(given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns as they are stored: roles and languages in order, each once, languages in small letters."""
    row = dict(given)
    if "roles" in row:
        row["roles"] = sorted(set(row["roles"]))
    if "languages" in row:
        row["languages"] = sorted({language.lower() for language in row["languages"]})
    if "related_members" in row:
        row["related_members"] = list(row["related_members"])
    return row
