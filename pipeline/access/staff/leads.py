"""Corrections are made by a person with the right to, who has nothing to do with the member; the record names them."""

from pipeline.access.staff.accounts import require_right
from pipeline.access.staff.relations import require_unrelated
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel.database import Database


def require_lead(reviewer_id: str, member_id: str | None = None, *, db: Database) -> None:
    """Raises Forbidden for somebody who is unknown or disabled, has no such role, or has to do with the member."""
    require_right(reviewer_id, Right.CORRECT, db=db)
    if member_id is not None:
        with db.read() as connection:
            require_unrelated(connection, reviewer_id, member_id)
