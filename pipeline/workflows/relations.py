"""Relations of reviewers: from the moment at which one is known, the reviewer holds no case of that member any more."""

from typing import Literal

from pipeline.access.staff import relations
from pipeline.kernel.database import Database
from pipeline.review.claims.grant import end_related_claims

RelationKind = Literal["member", "company"]


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
