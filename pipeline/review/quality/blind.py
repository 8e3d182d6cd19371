"""A blind case, shown as it was when it was decided: nothing in it tells what became of it, or that it was decided at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from pipeline.calendars import calendar_of
from pipeline.database import Database
from pipeline.policy import Clock, Policy
from pipeline.review.quality.tables import check
from pipeline.review.tables import claim
from pipeline.tables import decision, submission
from pipeline.working_days import Due, avatar_due, verification_due
from schemas.review import Case
from schemas.submissions import DueView


@dataclass(frozen=True, slots=True)
class Past:
    """How a blind case is to look: as of which decision, made when, at which version, and due when."""

    decision_id: UUID
    decided_at: datetime
    version: int
    due: DueView


def past_of(claim_id: UUID, *, db: Database, policy: Policy) -> Past | None:
    """How the case of this claim is to look; None where it is a member's case, which is as it is."""
    query = (
        select(check, submission.c.due_rule, submission.c.accepted_at, decision.c.decided_at)
        .join(claim, claim.c.check_id == check.c.id)
        .join(submission, submission.c.id == check.c.submission_id)
        .join(decision, decision.c.id == check.c.decision_id)
        .where(claim.c.id == claim_id)
    )
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    due = due_again(row.due_rule, row.as_if_accepted_at - row.accepted_at, policy.clock)
    return Past(row.decision_id, row.decided_at, row.version, _due_view(due))


def as_first_seen(case: Case, past: Past) -> Case:
    """The case without what came after its decision. Ids are UUIDv7, so what came later has a greater one. Pure."""
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
    changed = {
        "version": past.version,
        "due": past.due,
        "materials": files,
        "tax_number": number,
        "earlier": tuple(each for each in case.earlier if each.decided_at < past.decided_at),
    }
    return case.model_copy(update=changed)


def due_again(rule: Mapping[str, Any], later: timedelta, clock: Clock) -> Due:
    """When a case under the same rule is due that came so much later. Pure."""
    start = datetime.fromisoformat(rule["from"]) + later
    if rule["name"] == "hours_by_the_clock":
        return avatar_due(start, hours=rule["hours"], since=rule["since"])
    calendar = calendar_of(clock)
    return verification_due(start, target=rule["target_days"], promise=rule["promise_days"], calendar=calendar)


def _due_view(due: Due) -> DueView:
    return DueView(promise_at=due.promise_at, target_at=due.target_at, why=str(due.rule["sentence"]), rule=due.rule)
