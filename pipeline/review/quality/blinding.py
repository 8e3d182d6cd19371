from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from pipeline.kernel.database import Database
from pipeline.policy.service_levels import Clock
from pipeline.review.tables import check, claim
from pipeline.submission.due import due_later
from pipeline.submission.tables import decision, submission
from schemas.cases import Case


@dataclass(frozen=True, slots=True)
class Past:
    """The decision before which a blind case is shown, and its time."""

    decision_id: UUID
    decided_at: datetime


def past_of(claim_id: UUID, *, db: Database) -> Past | None:
    """The time as of which the case of a blind look is shown; None for a member's case, which is shown as it is now."""
    query = (
        select(decision.c.id, decision.c.decided_at)
        .join(check, check.c.decision_id == decision.c.id)
        .join(claim, claim.c.check_id == check.c.id)
        .where(claim.c.id == claim_id)
    )
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    return Past(row.id, row.decided_at) if row else None


def as_first_seen(case: Case, past: Past) -> Case:
    """The case without anything later than the decision. Ids are UUIDv7, so a later submission has a greater one. Pure."""
    files = tuple(
        each.model_copy(
            update={"duplicates": tuple(like for like in each.duplicates if like.submission_id < past.decision_id)}
        )
        for each in case.materials
    )
    number = case.tax_number
    if number is not None:
        used = tuple(each for each in number.used_by if each.submission_id < past.decision_id)
        number = number.model_copy(update={"used_by": used})
    earlier = tuple(each for each in case.earlier if each.decided_at < past.decided_at)
    return case.model_copy(update={"materials": files, "tax_number": number, "earlier": earlier})


def blind_submissions_of(reviewer_id: str, *, db: Database) -> frozenset[UUID]:
    """The submissions that a reviewer looks at blind at this moment, and must learn nothing of elsewhere."""
    live = (claim.c.reviewer_id == reviewer_id, claim.c.state == "live", claim.c.check_id.is_not(None))
    with db.read() as connection:
        return frozenset(connection.execute(select(claim.c.submission_id).where(*live)).scalars())


def prepare_blind_look(connection: Connection, check_id: UUID, reviewer_id: str, clock: Clock) -> UUID:
    """Record whom a blind look is for and when its case is due for them: as late after this claim as it was after the first one.

    Whoever had the case before finds it as it was. Gives its submission's id.
    """
    row = connection.execute(
        select(check, submission.c.due_rule.label("rule"), (func.now() - claim.c.claimed_at).label("later"))
        .join(submission, submission.c.id == check.c.submission_id)
        .join(decision, decision.c.id == check.c.decision_id)
        .join(claim, claim.c.id == decision.c.claim_id)
        .where(check.c.id == check_id)
    ).one()
    if row.due_at is None or row.reviewer_id != reviewer_id:
        due = due_later(row.rule, row.later, clock)
        shown = {"due_at": due.promise_at, "target_at": due.target_at, "due_rule": dict(due.rule)}
        connection.execute(update(check).where(check.c.id == check_id).values(reviewer_id=reviewer_id, **shown))
    submission_id: UUID = row.submission_id
    return submission_id
