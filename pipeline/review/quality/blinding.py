"""A blind case without what came after its decision: nothing in it tells what became of it, or that it was decided at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, update

from pipeline.kernel.database import Database
from pipeline.kernel.rules.working_days import Due, avatar_due, verification_due
from pipeline.policy.service_levels import Clock
from pipeline.review.quality.tables import check
from pipeline.review.tables import ON_MEMBERS_CASES, claim
from pipeline.submission.due import calendar_of
from pipeline.submission.lifecycle import State
from pipeline.submission.tables import decision, submission
from schemas.cases import Case


@dataclass(frozen=True, slots=True)
class Past:
    """As of which decision a blind case is shown, and when it was made."""

    decision_id: UUID
    decided_at: datetime


def past_of(claim_id: UUID, *, db: Database) -> Past | None:
    """As of when the case of this claim is shown; None where it is a member's case, which is as it is."""
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
    """The case without what came later. Ids are UUIDv7, so a submission that came later has a greater one. Pure."""
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


def held_blind(reviewer_id: str, *, db: Database) -> frozenset[UUID]:
    """The submissions that somebody looks at blind at this moment, and must not be told of elsewhere."""
    held = (claim.c.reviewer_id == reviewer_id, claim.c.state == "live", claim.c.check_id.is_not(None))
    with db.read() as connection:
        return frozenset(connection.execute(select(claim.c.submission_id).where(*held)).scalars())


_KEPT: Final = ("version", "queue", "due_at", "target_at", "due_rule")

OPEN_CASE: Final = or_(
    and_(ON_MEMBERS_CASES, submission.c.state == State.IN_REVIEW),
    and_(claim.c.check_id.is_not(None), check.c.answered_at.is_(None)),
)
"""Whether a claim's case still waits for somebody, in a query that joins its check."""


def as_claimed(*names: str) -> list[ColumnElement[Any]]:
    """Columns of the submission (default: all), for a query that joins the claim and its check if it has one."""
    return [_seen(name).label(name) for name in names or submission.c.keys()]


def _seen(name: str) -> ColumnElement[Any]:
    own: ColumnElement[Any] = submission.c[name]
    if name == "state":
        return case((ON_MEMBERS_CASES, own), else_=State.IN_REVIEW.value)
    return func.coalesce(check.c[name], own) if name in _KEPT else own


def make_young(connection: Connection, check_id: UUID, reviewer_id: str, clock: Clock) -> UUID:
    """Note for whom the case is and when it is due for them; who has had it before finds it as it was. Gives its submission."""
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
    found: UUID = row.submission_id
    return found


def due_later(rule: Mapping[str, Any], later: timedelta, clock: Clock) -> Due:
    """When a case under the same rule is due that came so much later. Pure."""
    start = datetime.fromisoformat(rule["from"]) + later
    if rule["name"] == "hours_by_the_clock":
        return avatar_due(start, hours=rule["hours"], warning_hours=rule["warning_hours"], since=rule["since"])
    return verification_due(
        start,
        target=rule["target_days"],
        promise=rule["promise_days"],
        warning_hours=rule["warning_hours"],
        calendar=calendar_of(clock),
        opens=clock.opens,
        closes=clock.closes,
    )
