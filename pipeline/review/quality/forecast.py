from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, exists, func, or_, select

from pipeline.kernel.rules.working_days import working_time
from pipeline.policy import Policy
from pipeline.policy.service_levels import Clock
from pipeline.review.quality.rules.forecast import MOST_CASES, Pace, forecast
from pipeline.submission.due import calendar_of
from pipeline.submission.lifecycle import TEST_QUEUE, State
from pipeline.submission.tables import STANDING, decision, submission
from schemas.quality import ForecastLine

HORIZON_DAYS: Final = 5
_SECONDS_AN_HOUR: Final = 3600


def forecast_queues(
    connection: Connection, *, now: datetime, policy: Policy, queue: str | None = None
) -> tuple[tuple[ForecastLine, ...], str]:
    """A line for each queue, and the assumptions of the forecast in a sentence."""
    clock = policy.clock
    days = policy.quality.forecast_working_days
    since = pace_since(now, days, clock)
    hours = _worked(since, now, clock)
    dues = _waiting(connection)
    arrived, decided = _arrived(connection, since), _decided(connection, since)
    names = sorted({*dues, *arrived, *decided} & ({queue} if queue else {*dues, *arrived, *decided}))
    lines = tuple(
        _line(name, dues.get(name, []), Pace(arrived.get(name, 0) / hours, decided.get(name, 0) / hours), now, clock)
        for name in names
    )
    return lines, assumption_of(days, clock)


def assumption_of(days: int, clock: Clock) -> str:
    """The assumptions of the forecast, as a sentence. Pure."""
    return (
        f"Assumes that cases come in and are decided as evenly as in the last {days} working days ({clock.country}), "
        f"{clock.opens:%H:%M} to {clock.closes:%H:%M} {clock.timezone}, each queue by people of its own, the case that is due "
        f"soonest first, and counts what comes in the next {HORIZON_DAYS} working days."
    )


def pace_since(now: datetime, days: int, clock: Clock) -> datetime:
    """The beginning of the working day that lies so many working days before today. Pure."""
    zone, calendar = ZoneInfo(clock.timezone), calendar_of(clock)
    day = now.astimezone(zone).date()
    while days:
        day -= timedelta(days=1)
        days -= calendar.why_off(day) is None
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _line(name: str, dues: Sequence[datetime], pace: Pace, now: datetime, clock: Clock) -> ForecastLine:
    day = _hours_a_day(clock)
    due_in = day * (clock.avatar_hours / 24 if name == "avatar" else clock.verification_promise_days)
    ahead = [_worked(now, due, clock) if due >= now else -1.0 for due in dues]
    found = forecast(ahead, pace, due_in=due_in, horizon=day * HORIZON_DAYS)
    return ForecastLine(
        queue=name,
        waiting=len(dues),
        overdue=sum(due < now for due in dues),
        arrivals_per_hour=round(pace.arrivals, 2),
        decided_per_hour=round(pace.decided, 2),
        late_of_waiting=found.late_of_waiting,
        arriving=found.arriving,
        late_of_arriving=found.late_of_arriving,
        hours_to_clear=None if found.hours_to_clear is None else round(found.hours_to_clear, 1),
    )


def _worked(start: datetime, end: datetime, clock: Clock) -> float:
    time = working_time(start, end, calendar_of(clock), opens=clock.opens, closes=clock.closes)
    return time.total_seconds() / _SECONDS_AN_HOUR


def _hours_a_day(clock: Clock) -> float:
    opens, closes = (timedelta(hours=at.hour, minutes=at.minute) for at in (clock.opens, clock.closes))
    return (closes - opens).total_seconds() / _SECONDS_AN_HOUR


def _waiting(connection: Connection) -> dict[str, list[datetime]]:
    query = select(submission.c.kind, submission.c.due_at).where(
        submission.c.state == State.IN_REVIEW, submission.c.queue != TEST_QUEUE
    )
    found: dict[str, list[datetime]] = {}
    for row in connection.execute(query.order_by(submission.c.due_at).limit(MOST_CASES)):
        found.setdefault(row.kind, []).append(row.due_at)
    return found


def _arrived(connection: Connection, since: datetime) -> dict[str, int]:
    """Arrivals for a person: cases in review, and cases that a person has decided."""
    judged = exists().where(decision.c.submission_id == submission.c.id, STANDING, decision.c.reviewer_id.is_not(None))
    query = (
        select(submission.c.kind, func.count().label("cases"))
        .where(submission.c.accepted_at >= since, or_(submission.c.state == State.IN_REVIEW, judged))
        .where(submission.c.queue != TEST_QUEUE)
        .group_by(submission.c.kind)
    )
    return _counts(connection, query)


def _decided(connection: Connection, since: datetime) -> dict[str, int]:
    query = (
        select(submission.c.kind, func.count().label("cases"))
        .join(decision, decision.c.submission_id == submission.c.id)
        .where(decision.c.decided_at >= since, STANDING, decision.c.reviewer_id.is_not(None))
        .group_by(submission.c.kind)
    )
    return _counts(connection, query)


def _counts(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {row.kind: row.cases for row in connection.execute(query)}
