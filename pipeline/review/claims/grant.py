from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Interval, Row, Text, Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff.relations import is_related
from pipeline.access.staff.tables import reviewer
from pipeline.kernel.database import JSON, constant
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.review.claims.lookup import LIVE, mine, refuse_claim
from pipeline.review.tables import claim, skip
from pipeline.submission import audit
from pipeline.submission.tables import submission
from schemas.claims import Claim

_GIVEN: Final = ("id", "token", "submission_id", "reviewer_id", "check_id", "offered_by", "offer_note")
_EARLIER: Final = (
    select(claim.c.draft_key)
    .where(
        claim.c.submission_id == bindparam("submission_id", type_=Uuid),
        claim.c.reviewer_id == bindparam("reviewer_id", type_=Text),
        claim.c.state.in_(("expired", "released")),
    )
    .order_by(claim.c.fence.desc())
    .limit(1)
    .scalar_subquery()
)
"""The draft's key of the claim that the person let go of last: whoever comes back to a case finds what they typed."""

_MADE: Final = (
    insert(claim)
    .values(
        {name: bindparam(name) for name in _GIVEN}
        | {
            "lease_until": func.now() + bindparam("lease", type_=Interval),
            "draft_key": func.coalesce(_EARLIER, func.gen_random_uuid()),
        }
    )
    .on_conflict_do_nothing()
    .returning(claim)
    .cte("made")
)
_AUDITED: Final = insert(audit.audit).from_select(
    ("event", "actor", "submission_id", "detail"),
    select(
        bindparam("event", type_=Text),
        _MADE.c.reviewer_id,
        _MADE.c.submission_id,
        bindparam("detail", type_=JSON).concat(func.jsonb_build_object(constant("fence"), _MADE.c.fence, type_=JSON)),
    ),
)
_NEW: Final = select(_MADE).add_cte(_AUDITED.cte("audited"))
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
    """A new claim on a case in review, or with `check_id` a blind look at a decided one; None where somebody has claimed it.

    The unique indexes on live claims decide a tie.
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
        "detail": audit.with_credential(_detail(made, check_id, {"by": offer.by} if offer else None)),
    }
    row = connection.execute(_NEW, values).one_or_none()
    return as_claim(row) if row is not None else None


def lease_from_now(policy: Policy) -> ColumnElement[Any]:
    """The end of a lease that begins, or begins anew, in this statement."""
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


def audit_claim(connection: Connection, row: Row[Any], event: str, detail: Mapping[str, object] | None = None) -> None:
    """Add what happened to a claim to its case's history."""
    known = {"fence": row.fence, **_detail(row.id, row.check_id, detail)}
    audit.write(connection, event, actor=row.reviewer_id, submission_id=row.submission_id, detail=known)


def _detail(claim_id: UUID, check_id: UUID | None, detail: Mapping[str, object] | None) -> dict[str, object]:
    """What the history says of a claim, but for its fence."""
    blind = {"check_id": str(check_id)} if check_id is not None else {}
    return {"claim_id": str(claim_id), **(detail or {}), **blind}


def end_claim(
    connection: Connection, claim_id: UUID, token: UUID, *, reviewer_id: str, state: str, fence: int | None = None
) -> Row[Any]:
    """End a live claim in the caller's transaction. Raises ClaimExpired, NotFound."""
    fenced = [claim.c.fence == fence] if fence is not None else []
    row = connection.execute(
        update(claim)
        .where(*mine(claim_id, token, reviewer_id), *fenced, LIVE)
        .values(state=state, ended_at=func.now())
        .returning(claim)
    ).one_or_none()
    if row is None:
        refuse_claim(connection, claim_id, reviewer_id)
    return row


def end_all_claims(connection: Connection, reviewer_id: str) -> None:
    """End every live claim of somebody who may have none any more, and what is offered to them: their cases wait again."""
    _give_back(connection, reviewer_id, because="disabled")


def end_related_claims(connection: Connection, reviewer_id: str) -> None:
    """The same for the cases of members with whom they have to do."""
    theirs = select(submission.c.id).join(reviewer, reviewer.c.id == reviewer_id).where(is_related())
    _give_back(connection, reviewer_id, claim.c.submission_id.in_(theirs), because="related")


def _give_back(connection: Connection, reviewer_id: str, *which: ColumnElement[bool], because: str) -> None:
    ended = connection.execute(
        update(claim)
        .where(claim.c.reviewer_id == reviewer_id, claim.c.state == "live", *which)
        .values(state="released", ended_at=func.now())
        .returning(claim)
    ).all()
    for row in ended:
        audit_claim(connection, row, "claim.released", {because: True})


def skip_case(connection: Connection, claimed: Row[Any], reason: str) -> None:
    """Never offer the case of an ended claim to its reviewer again."""
    row = {"submission_id": claimed.submission_id, "reviewer_id": claimed.reviewer_id, "reason": reason}
    connection.execute(insert(skip).values(row).on_conflict_do_nothing())
