"""Grant a claim: its row, its lease on the database's clock, and the line of history that tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Interval, Row, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline import audit
from pipeline.database import JSON, constant
from pipeline.ids import new_id
from pipeline.policy import Policy
from pipeline.review.tables import claim
from schemas.claims import Claim

_GIVEN: Final = ("id", "token", "submission_id", "reviewer_id", "check_id", "offered_by", "offer_note")
_MADE: Final = (
    insert(claim)
    .values(
        {name: bindparam(name) for name in _GIVEN} | {"lease_until": func.now() + bindparam("lease", type_=Interval)}
    )
    .on_conflict_do_nothing()
    .returning(claim)
    .cte("made")
)
_TOLD: Final = insert(audit.audit).from_select(
    ("event", "actor", "submission_id", "detail"),
    select(
        bindparam("event", type_=Text),
        _MADE.c.reviewer_id,
        _MADE.c.submission_id,
        bindparam("detail", type_=JSON).concat(func.jsonb_build_object(constant("fence"), _MADE.c.fence, type_=JSON)),
    ),
)
_NEW: Final = select(_MADE).add_cte(_TOLD.cte("told"))
"""The claim and its line of history in one trip. Built once: building it anew for each claim took longer than the database takes."""


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
    made = claim_id or new_id()
    values = {
        "id": made,
        "token": uuid4(),
        "submission_id": submission_id,
        "reviewer_id": reviewer_id,
        "check_id": check_id,
        "offered_by": offer.by if offer else None,
        "offer_note": offer.note if offer else None,
        "lease": timedelta(seconds=policy.review.claim_lease_seconds if offer is None else policy.review.offer_seconds),
        "event": "claim.taken" if offer is None else "claim.offered",
        "detail": _known(made, check_id, {"by": offer.by} if offer else None),
    }
    row = connection.execute(_NEW, values).one_or_none()
    return as_claim(row) if row is not None else None


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
    known = {"fence": row.fence, **_known(row.id, row.check_id, detail)}
    audit.write(connection, event, actor=row.reviewer_id, submission_id=row.submission_id, detail=known)


def _known(claim_id: UUID, check_id: UUID | None, detail: Mapping[str, object] | None) -> dict[str, object]:
    """What the history says of a claim, but for its fence."""
    blind = {"check_id": str(check_id)} if check_id is not None else {}
    return {"claim_id": str(claim_id), **(detail or {}), **blind}
