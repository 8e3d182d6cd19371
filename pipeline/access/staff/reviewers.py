from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.tables import reviewer
from pipeline.kernel.database import Database


def add_reviewer(
    reviewer_id: str,
    *,
    name: str | None = None,
    roles: Sequence[Role] = (),
    languages: Sequence[str] = (),
    related_members: Sequence[str] = (),
    db: Database,
) -> None:
    """Add a reviewer, or change what is given of one: name, roles, languages (none: any), and whose cases they never get.

    A new one has the role of a reviewer unless others are given. Those cases are their own and related members' (DESIGN §5).
    """
    given: dict[str, Any] = {
        "name": name,
        "roles": list(roles),
        "languages": [language.lower() for language in languages],
        "related_members": list(related_members),
    }
    changed = {column: value for column, value in given.items() if value}
    statement = insert(reviewer).values(id=reviewer_id, **changed)
    with db.begin() as connection:
        if changed:
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))
        else:
            connection.execute(statement.on_conflict_do_nothing())
