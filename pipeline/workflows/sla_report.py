from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select

from pipeline.avatar.service import OUTDATED, PUBLISHED
from pipeline.kernel.database import Database
from pipeline.kernel.rules.statistics import percent, percentile
from pipeline.kernel.rules.working_days import working_time
from pipeline.ownership.tables import is_live
from pipeline.policy.service_levels import Clock
from pipeline.submission.audit import audit
from pipeline.submission.due import calendar_of
from pipeline.submission.lifecycle import OPEN, State
from pipeline.submission.tables import submission

MAILED: Final = ("mail.sent", "mail.suppressed", "mail.held")
"""The mail with the result was handed over, or its address is suppressed or a test's; then only the API shows the result."""

NO_RESULT_OWED: Final = (State.SUPERSEDED, State.WITHDRAWN)
"""The member replaced or withdrew the submission."""

_SECONDS_AN_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Outcome:
    """One submission: when it was accepted and due, and when its member had the result; None while there is none."""

    kind: str
    accepted_at: datetime
    due_at: datetime
    result_at: datetime | None


@dataclass(frozen=True, slots=True)
class SlaWeek:
    """The outcomes of one kind and ISO week. `judged` are kept or late; times are working hours from acceptance to result."""

    week: str
    kind: str
    judged: int
    kept: int
    late: int
    waiting: int
    kept_percent: float | None
    p50_hours: float | None
    p90_hours: float | None
    p99_hours: float | None


def sla_weeks(*, since: datetime, now: datetime, db: Database, clock: Clock) -> list[SlaWeek]:
    """The weeks since then, the latest first. A submission without a result counts as late once its due time has passed."""
    by_week: dict[tuple[str, str], list[Outcome]] = {}
    for each in outcomes(since=since, db=db):
        by_week.setdefault((_week(each, clock), each.kind), []).append(each)
    return [summed(by_week[key], week=key[0], now=now, clock=clock) for key in sorted(by_week, reverse=True)]


def outcomes(*, since: datetime, db: Database) -> list[Outcome]:
    """Every live submission accepted since then whose member is owed a result."""
    query = (
        select(
            submission.c.kind, submission.c.accepted_at, submission.c.due_at, func.min(audit.c.at).label("result_at")
        )
        .outerjoin(audit, brings_the_result())
        .where(submission.c.accepted_at >= since, submission.c.state.not_in(NO_RESULT_OWED))
        .where(is_live(submission.c.member_id))
        .group_by(submission.c.id)
    )
    with db.read() as connection:
        return [Outcome(*row) for row in connection.execute(query)]


def brings_the_result() -> ColumnElement[bool]:
    """The audit rows by which a member has the result: an approved avatar is visible, all else is mailed."""
    shown = and_(submission.c.kind == "avatar", submission.c.state == State.APPROVED)
    known = or_(and_(shown, audit.c.event.in_((PUBLISHED, OUTDATED))), and_(~shown, audit.c.event.in_(MAILED)))
    return and_(audit.c.submission_id == submission.c.id, submission.c.state.not_in(OPEN), known)


def summed(found: Sequence[Outcome], *, week: str, now: datetime, clock: Clock) -> SlaWeek:
    """The figures of one kind and week."""
    kept = sum(each.result_at is not None and each.result_at <= each.due_at for each in found)
    late = sum((each.result_at or now) > each.due_at for each in found)
    p50, p90, p99 = _spread(found, clock)
    return SlaWeek(
        week=week,
        kind=found[0].kind,
        judged=kept + late,
        kept=kept,
        late=late,
        waiting=len(found) - kept - late,
        kept_percent=percent(kept, kept + late),
        p50_hours=p50,
        p90_hours=p90,
        p99_hours=p99,
    )


def _spread(found: Iterable[Outcome], clock: Clock) -> tuple[float | None, float | None, float | None]:
    calendar = calendar_of(clock)
    hours = [
        working_time(each.accepted_at, each.result_at, calendar, opens=clock.opens, closes=clock.closes).total_seconds()
        / _SECONDS_AN_HOUR
        for each in found
        if each.result_at is not None
    ]
    p50, p90, p99 = (percentile([round(each, 1) for each in hours], share) for share in (50, 90, 99))
    return p50, p90, p99


def _week(each: Outcome, clock: Clock) -> str:
    year, week, _ = each.accepted_at.astimezone(ZoneInfo(clock.timezone)).isocalendar()
    return f"{year}-W{week:02}"
