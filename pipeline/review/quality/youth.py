"""Let a blind case be as young as it was to the first reviewer: due when a case like it would be that came just before now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from pipeline.calendars import calendar_of
from pipeline.clock_policy import Clock
from pipeline.review.quality.tables import check
from pipeline.review.tables import claim
from pipeline.tables import decision, submission
from pipeline.working_days import Due, avatar_due, verification_due


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
