"""Grant a claim: its row, its lease on the database's clock, and the line of history that tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Interval, Row, bindparam, func
from sqlalchemy.dialects.postgresql import insert

from pipeline import audit
from pipeline.ids import new_id
from pipeline.policy import Policy
from pipeline.review.tables import claim
from schemas.review import Claim

_GIVEN: Final = ("id", "token", "submission_id", "reviewer_id", "check_id", "offered_by", "offer_note")
_NEW: Final = (
    insert(claim)
    .values(
        {name: bindparam(name) for name in _GIVEN} | {"lease_until": func.now() + bindparam("lease", type_=Interval)}
    )
    .on_conflict_do_nothing()
    .returning(claim)
)
"""Built once: building it anew for each claim took longer than the database takes for it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A case that a colleague hands over: who, and what they say to it."""

    by: str
    note: str | None


def grant(
    connection: Connection,
    submission_id: UUID,
    *,
    reviewer_id: str,
    policy: Policy,
    offer: Offer | None = None,
    claim_id: UUID | None = None,
    check_id: UUID | None = None,
) -> Claim | None:
    """A new claim on a case; None where somebody holds it. The unique indexes on live claims settle a tie.

    On a case in review; with `check_id` a blind look at one that was decided before, of which nobody in review knows.
    """
    values = {
        "id": claim_id or new_id(),
        "token": uuid4(),
        "submission_id": submission_id,
        "reviewer_id": reviewer_id,
        "check_id": check_id,
        "offered_by": offer.by if offer else None,
        "offer_note": offer.note if offer else None,
        "lease": timedelta(seconds=policy.review.claim_lease_seconds if offer is None else policy.review.offer_seconds),
    }
    row = connection.execute(_NEW, values).one_or_none()
    if row is None:
        return None
    tell(connection, row, "claim.taken" if offer is None else "claim.offered", {"by": offer.by} if offer else None)
    return as_claim(row)


def lease_from_now(policy: Policy) -> ColumnElement[Any]:
    """Until when a claim runs that begins, or begins anew, in this statement."""
    return func.now() + timedelta(seconds=policy.review.claim_lease_seconds)


def as_claim(row: Row[Any]) -> Claim:
    """A claim as its reviewer gets it."""
    return Claim(
        id=row.id,
        token=row.token,
        fence=row.fence,
        submission_id=row.submission_id,
        reviewer=row.reviewer_id,
        lease_until=row.lease_until,
    )


def tell(connection: Connection, row: Row[Any], event: str, detail: Mapping[str, object] | None = None) -> None:
    """Add what happened to a claim to its case's history."""
    known: dict[str, object] = {"claim_id": str(row.id), "fence": row.fence, **(detail or {})}
    if row.check_id is not None:
        known["check_id"] = str(row.check_id)
    audit.write(connection, event, actor=row.reviewer_id, submission_id=row.submission_id, detail=known)
