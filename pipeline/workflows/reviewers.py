"""What happens to a reviewer's cases when they are disabled, or when it is known that they have to do with a member."""

from typing import Literal

from pipeline.access.staff import relations
from pipeline.access.staff.accounts import end_access
from pipeline.kernel.database import Database
from pipeline.review.claims.grant import end_all_claims, end_related_claims

RelationKind = Literal["member", "company"]


def disable(reviewer_id: str, *, actor: str, db: Database) -> None:
    """End a reviewer's access and sessions, and return their claims to the queue. Raises NotFound, LastAdministrator."""
    with db.begin() as connection:
        end_access(connection, reviewer_id, actor=actor)
        end_all_claims(connection, reviewer_id)


def relate(reviewer_id: str, kind: RelationKind, value: str, *, actor: str, db: Database) -> None:
    """Record that a reviewer has to do with a member or a company, and give back what they hold of it. Raises NotFound."""
    with db.begin() as connection:
        relations.declare(connection, reviewer_id, kind, value, actor=actor)
        end_related_claims(connection, reviewer_id)


def unrelate(reviewer_id: str, kind: RelationKind, value: str, *, actor: str, db: Database) -> None:
    """Record that it is so no longer. Raises NotFound, Forbidden."""
    with db.begin() as connection:
        relations.end(connection, reviewer_id, kind, value, actor=actor)


def give_back_related(reviewer_id: str, *, db: Database) -> None:
    """Give back what a reviewer holds of members with whom they have to do."""
    with db.begin() as connection:
        end_related_claims(connection, reviewer_id)
