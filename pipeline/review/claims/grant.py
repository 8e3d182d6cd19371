"""Grant a claim: its row, its lease on the database's clock, and the line of history that tells of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Interval, Row, Text, bindparam, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import JSON, constant
from pipeline.kernel.errors import ClaimExpired, Conflict
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.review.actions import Action, allowed_actions
from pipeline.review.cases.outcome import fate_of, in_words, shown
from pipeline.review.claims.lookup import LIVE, explain, mine
from pipeline.review.tables import claim, skip
from pipeline.submission import audit
from pipeline.submission.lifecycle import State
from pipeline.submission.tables import material
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
        explain(connection, claim_id, reviewer_id)
    return row


def give_all_back(connection: Connection, reviewer_id: str) -> None:
    """End every live claim of somebody who may hold none any more, and what is offered to them: their cases wait again."""
    ended = connection.execute(
        update(claim)
        .where(claim.c.reviewer_id == reviewer_id, claim.c.state == "live")
        .values(state="released", ended_at=func.now())
        .returning(claim)
    ).all()
    for row in ended:
        tell(connection, row, "claim.released", {"disabled": True})


def skip_case(connection: Connection, held: Row[Any], reason: str) -> None:
    """Never offer the case to who held it again."""
    values = {"submission_id": held.submission_id, "reviewer_id": held.reviewer_id, "reason": reason}
    connection.execute(insert(skip).values(values).on_conflict_do_nothing())


def allowed_for(connection: Connection, case: Row[Any]) -> tuple[Action, ...]:
    """What the holder of a case, loaded with their roles, may do with it."""
    files = exists(literal(1)).where(material.c.submission_id == case.id, material.c.upload_key.is_not(None))
    has_files = connection.execute(select(files)).scalar_one()
    return allowed_actions(case.roles, queue=case.queue, has_files=bool(has_files))


def allowed_with(case: Row[Any], materials: Sequence[Any]) -> tuple[Action, ...]:
    """The same where the case's materials were loaded already, with their `upload_key`."""
    has_files = any(each.upload_key is not None for each in materials)
    return allowed_actions(case.roles, queue=case.queue, has_files=has_files)


def require_open(connection: Connection, case: Row[Any]) -> None:
    """Raises ClaimExpired where the case has ended under its holder's hands."""
    if case.state != State.IN_REVIEW:
        became = fate_of(connection, case.id)
        raise ClaimExpired(f"{in_words(became)} Claim the next case.", became=shown(became))


@contextmanager
def saying_what_became(connection: Connection, case: Row[Any]) -> Iterator[None]:
    """A conflict in the block says what came of the case: who decided what, and when."""
    try:
        yield
    except Conflict as conflict:
        if case.check_id is None:
            conflict.became = conflict.became or shown(fate_of(connection, case.id))
        raise
