from pipeline.access.staff.accounts import end_access
from pipeline.kernel.database import Database
from pipeline.review.claims.grant import end_all_claims


def disable(reviewer_id: str, *, actor: str, db: Database) -> None:
    """End a reviewer's access and sessions, and return their claims to the queue. Raises NotFound, LastAdministrator."""
    with db.begin() as connection:
        end_access(connection, reviewer_id, actor=actor)
        end_all_claims(connection, reviewer_id)
