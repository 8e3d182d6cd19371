"""Weeks of work of several reviewers, written straight into the tables: what quality is counted over."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Table, insert

from pipeline.access.staff.reviewers import add_reviewer
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.working_days import avatar_due
from pipeline.review.tables import answer, check, claim
from pipeline.submission.tables import decision, submission
from tests.support.bodies import member
from tests.support.desk import Desk

REVIEWERS = ("a.kim", "j.ortiz", "m.lee")
A_DAY = 12
"""Cases that are decided in a week, each some hours after the one before."""


def work_for_weeks(desk: Desk, now: datetime, *, weeks: int = 8) -> None:
    """Every third case is looked at twice; now and then the second person says something else, and half of that is ruled on."""
    for name in (*REVIEWERS, "lead"):
        add_reviewer(name, db=desk.tools.db)
    numbers = count()
    with desk.tools.db.begin() as connection:
        for week in range(weeks):
            for case in range(A_DAY + week % 3):
                _decided(connection, next(numbers), now - timedelta(weeks=week, hours=3 * case + 1))


def _decided(connection: Connection, number: int, at: datetime) -> None:
    who = REVIEWERS[number % 3]
    rejected = number % 4 == 0
    seconds = 8 + number * 7 % 40 + (120 if number % 11 == 0 else 0)
    case = _case(connection, number, at, rejected=rejected)
    first = _claim(connection, case, who, at, seconds)
    said = _said("reject" if rejected else "approve", _reason(number) if rejected else None)
    made = _row(connection, decision, submission_id=case, claim_id=first, reviewer_id=who, **said, **_times(at))
    if number % 3 == 0:
        _looked_at_twice(connection, case, made, number, at)


def _looked_at_twice(connection: Connection, case: UUID, made: UUID, number: int, at: datetime) -> None:
    who, later = REVIEWERS[(number + 1) % 3], at + timedelta(hours=1)
    rejected = (number % 4 == 0) != (number % 7 == 0)
    ruling: dict[str, Any] = {}
    if number % 7 == 0 and number % 2:
        ruling = {"ruling": "first" if number % 9 else "second", "ruled_by": "lead", "ruled_at": later}
    known = {"kind": "sample", "submission_id": case, "decision_id": made, "version": 2, "queue": _queue(number)}
    asked = _row(connection, check, **known, opens_at=at, answered_at=later, reviewer_id=who, **ruling)
    second = _claim(connection, case, who, later, 20, check_id=asked)
    said = _said("reject" if rejected else "approve", _reason(number) if rejected else None)
    _row(connection, answer, check_id=asked, claim_id=second, reviewer_id=who, **said, **_times(later))


def _case(connection: Connection, number: int, at: datetime, *, rejected: bool) -> UUID:
    own: dict[str, Any] = {"kind": "avatar"}
    if _queue(number) == "verification":
        own = {"kind": "verification", "method": "materials", "stage": "verified", "identity": "other", "chance": 1}
    accepted = at - timedelta(hours=4)
    due = avatar_due(accepted, hours=24, warning_hours=4, since="acceptance")
    return _row(
        connection,
        submission,
        member_id=f"m-{number}",
        member=member(),
        state="rejected" if rejected else "approved",
        queue=_queue(number),
        version=3,
        door="http",
        accepted_by="test",
        accepted_at=accepted,
        target_at=due.target_at,
        due_at=due.promise_at,
        due_rule=dict(due.rule),
        closed_at=at,
        policy_version="test",
        correlation_id=f"trace-{number}",
        **own,
    )


def _claim(connection: Connection, case: UUID, who: str, ended: datetime, seconds: int, **more: Any) -> UUID:
    times = {"claimed_at": ended - timedelta(seconds=seconds), "lease_until": ended, "ended_at": ended}
    held = {"token": uuid4(), "submission_id": case, "reviewer_id": who, "state": "decided"}
    return _row(connection, claim, **held, **times, **more)


def _said(verdict: str, reason: str | None) -> dict[str, Any]:
    reasons = [reason] if reason else []
    return {"verdict": verdict, "reasons": reasons, "checklist": {}, "facts": {}, "policy_version": "test"}


def _times(at: datetime) -> dict[str, datetime]:
    return {"decided_at": at, "effects_at": at}


def _queue(number: int) -> str:
    return "verification" if number % 5 == 0 else "avatar"


def _reason(number: int) -> str:
    if _queue(number) == "verification":
        return ("unreadable", "name_mismatch")[number % 2]
    return ("group_photo", "poor_quality", "not_a_person")[number % 3]


def _row(connection: Connection, table: Table, **values: Any) -> UUID:
    made: UUID = new_id()
    connection.execute(insert(table).values(id=made, **values))
    return made


def disagreed(desk: Desk, case: UUID, at: datetime, *, who: str = "j.ortiz") -> UUID:
    """Somebody has looked at a decided case blind and rejected it."""
    ((made,),) = desk.sql("SELECT id FROM decision WHERE submission_id = :id AND undone_at IS NULL", id=case)
    with desk.tools.db.begin() as connection:
        known = {"kind": "sample", "submission_id": case, "decision_id": made, "version": 2, "queue": "avatar"}
        asked = _row(connection, check, **known, opens_at=at, answered_at=at, reviewer_id=who)
        second = _claim(connection, case, who, at, 20, check_id=asked)
        said = {**_said("reject", "does_not_match_profile"), "note": "The profile says 30–39; this looks older."}
        _row(connection, answer, check_id=asked, claim_id=second, reviewer_id=who, **said, **_times(at))
    return asked
