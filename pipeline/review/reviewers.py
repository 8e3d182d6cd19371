from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from pipeline.database import Database
from pipeline.review.tables import reviewer


def add_reviewer(reviewer_id: str, *, related_members: Sequence[str] = (), db: Database) -> None:
    """Add a reviewer, or change whose cases they must never get: their own and related members' (DESIGN §5)."""
    values = {"id": reviewer_id, "related_members": list(related_members)}
    statement = insert(reviewer).values(values)
    with db.begin() as connection:
        if related_members:
            changed = {"related_members": list(related_members)}
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))
        else:
            connection.execute(statement.on_conflict_do_nothing())
