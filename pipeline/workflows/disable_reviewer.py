"""Disable a reviewer: they lose their access, and the cases that they hold wait again."""

from pipeline.access.staff.accounts import end_access
from pipeline.kernel.database import Database
from pipeline.review.claims.grant import end_all_claims


def disable(reviewer_id: str, *, actor: str, db: Database) -> None:
    """Sign a person out everywhere, put back what they hold, and let them in no more. Raises NotFound, LastAdministrator."""
    with db.begin() as connection:
        end_access(connection, reviewer_id, actor=actor)
        end_all_claims(connection, reviewer_id)
