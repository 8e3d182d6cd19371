"""The key by which a person's browser encrypts what they have typed into a case and not sent yet."""

from uuid import UUID

from sqlalchemy import select

from pipeline.kernel.database import Database
from pipeline.kernel.errors import NotFound
from pipeline.review.tables import claim


def draft_key(claim_id: UUID, *, db: Database) -> str:
    """The key of the claim: the same for every claim that its reviewer has on the case until they decide. Raises NotFound."""
    with db.read() as connection:
        key = connection.execute(select(claim.c.draft_key).where(claim.c.id == claim_id)).scalar_one_or_none()
    if key is None:
        raise NotFound(f"There is no claim {claim_id}.")
    return str(key)
