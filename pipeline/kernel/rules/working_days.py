"""Due times and why they are what they are (DOMAIN §7.4). Pure: the calendar comes in as a set of days off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Due:
    """When a result is promised and aimed at, when it gets late for it, and the rule behind all, in data and in a sentence."""

    promise_at: datetime
    target_at: datetime
    warn_at: datetime
    rule: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The review team's working days: weekdays (Monday is 0) in a time zone, without the public holidays.

    `region` is a country (ISO 3166-1) or a part of one (ISO 3166-2): `DE` or `DE-BY`.
    """

    region: str
    timezone: str
    weekdays: tuple[int, ...]
    holidays: Mapping[date, str]

    def why_off(self, day: date) -> str | None:
        """Why nobody works on that day, or None for a working day."""
        if day.weekday() not in self.weekdays:
            return day.strftime("%A")
        return self.holidays.get(day)


def avatar_due(start: datetime, *, hours: int, warning_hours: int, since: str) -> Due:
    """So many hours by the clock from `start`; `since` names what happened then. The warning is by the clock, too."""
    at = start + timedelta(hours=hours)
    warn_at = at - timedelta(hours=warning_hours)
    rule = {
        "name": "hours_by_the_clock",
        "hours": hours,
        "from": start.isoformat(),
        "since": since,
        "warning_hours": warning_hours,
        "warning_at": warn_at.isoformat(),
        "sentence": f"{hours} hours by the clock from {since}",
    }
    return Due(at, at, warn_at, rule)


def verification_due(
    start: datetime, *, target: int, promise: int, warning_hours: int, calendar: Calendar, opens: time, closes: time
) -> Due:
    """Working days after the day of acceptance, at the same time of day in the calendar's zone; the warning in working hours.

    What arrives on a day off counts as arriving at the end of that day, so the first counted day is the next working day.
    """
    target_at, _ = add_working_days(start, target, calendar)
    promise_at, skipped = add_working_days(start, promise, calendar)
    before = timedelta(hours=warning_hours)
    warn_at = max(start, working_time_before(promise_at, before, calendar, opens=opens, closes=closes))
    off = [{"day": day.isoformat(), "why": why} for day, why in skipped.items()]
    sentence = f"{promise} working days ({calendar.region}) from acceptance; aimed at {target}"
    if off:
        sentence += "; not counted: " + ", ".join(f"{entry['day']} ({entry['why']})" for entry in off)
    rule: dict[str, object] = {
        "name": "working_days",
        "promise_days": promise,
        "target_days": target,
        "region": calendar.region,
        "timezone": calendar.timezone,
        "from": start.isoformat(),
        "not_counted": off,
        "warning_hours": warning_hours,
        "warning_at": warn_at.isoformat(),
        "sentence": sentence,
    }
    return Due(promise_at, target_at, warn_at, rule)


def add_working_days(start: datetime, days: int, calendar: Calendar) -> tuple[datetime, dict[date, str]]:
    """`start` moved on by so many working days, and the days passed over with the reason for each."""
    zone = ZoneInfo(calendar.timezone)
    local = start.astimezone(zone)
    day, left = local.date(), days
    skipped: dict[date, str] = {}
    while left:
        day += timedelta(days=1)
        why = calendar.why_off(day)
        if why is None:
            left -= 1
        else:
            skipped[day] = why
    moved = datetime.combine(day, local.timetz().replace(tzinfo=None), tzinfo=zone)
    return moved.astimezone(start.tzinfo), skipped


def working_time(start: datetime, end: datetime, calendar: Calendar, *, opens: time, closes: time) -> timedelta:
    """How much of the time from `start` to `end` the review team was at work: working days, from `opens` to `closes`, in its zone."""
    zone = ZoneInfo(calendar.timezone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    worked = (_overlap(day, start, end, zone, opens, closes) for day in days if calendar.why_off(day) is None)
    return sum(worked, timedelta())


def working_time_before(end: datetime, amount: timedelta, calendar: Calendar, *, opens: time, closes: time) -> datetime:
    """The latest moment from which the review team still has so much working time until `end`, in UTC."""
    zone = ZoneInfo(calendar.timezone)
    day, left = end.astimezone(zone).date(), amount
    while True:
        if calendar.why_off(day) is None:
            begins = datetime.combine(day, opens, tzinfo=zone).astimezone(UTC)
            ends = min(end.astimezone(UTC), datetime.combine(day, closes, tzinfo=zone).astimezone(UTC))
            if ends - begins >= left:
                return ends - left
            left -= max(ends - begins, timedelta())
        day -= timedelta(days=1)


def _overlap(day: date, start: datetime, end: datetime, zone: ZoneInfo, opens: time, closes: time) -> timedelta:
    """How much of one working day lies between `start` and `end`. In UTC, since a day may have 23 or 25 hours."""
    begins = max(start, datetime.combine(day, opens, tzinfo=zone).astimezone(UTC))
    ends = min(end, datetime.combine(day, closes, tzinfo=zone).astimezone(UTC))
    return max(ends - begins, timedelta())
