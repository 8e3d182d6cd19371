from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Frozen


class KeyView(Frozen):
    """A key without its secret. `state` is `live`, `expired` or `revoked`; `follows` is the key that it was rotated from.

    `last_used_at` is exact to about a minute. What a `test` key sends is decided by itself and reaches nobody.
    """

    id: UUID
    name: str
    service: str
    scopes: tuple[str, ...]
    members_prefix: str | None
    reviewer_id: str | None
    state: Literal["live", "expired", "revoked"]
    follows: UUID | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    test: bool = False


class KeyRotation(Frozen):
    """For how many hours the present key stays valid beside the new one; without it, as the policy says. 0 ends it at once."""

    overlap_hours: Annotated[int, Field(ge=0, le=87_600)] | None = None


class RotatedKey(Frozen):
    """The new key, shown once, and until when the one before is valid."""

    key_id: UUID
    key: str
    expires_at: datetime | None
    follows: UUID
    previous_valid_until: datetime
