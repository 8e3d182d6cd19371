"""Due times and why they are what they are (DOMAIN §7.4). Pure: the calendar comes in as a set of days off."""

from collections.abc import Container, Mapping
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

    `region` is a country (ISO 3166-1) or a part of one (ISO 3166-2): `DE` or `DE-BY`. `made_up` holds the days on which people work
    in exchange for a day off elsewhere, such as a Saturday after a Chinese holiday week.
    """

    region: str
    timezone: str
    weekdays: tuple[int, ...]
    holidays: Mapping[date, str]
    made_up: Container[date] = frozenset()

    def why_off(self, day: date) -> str | None:
        """Why nobody works on that day, or None for a working day."""
        noon = datetime.combine(day, time(12), tzinfo=ZoneInfo(self.timezone))
        if noon.astimezone(UTC).astimezone(noon.tzinfo).date() != day:
            return "left out of the calendar there"  # as Samoa left out 2011-12-30
        if day in self.made_up:
            return None
        if day.weekday() not in self.weekdays:
            return day.strftime("%A")
        return self.holidays.get(day)


@dataclass(frozen=True, slots=True)
class Hours:
    """The review team's hours on a working day, on the clock of its zone."""

    opens: time
    closes: time

    def of(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When the team opens and closes on that day, in UTC: a day may have 23 or 25 hours."""
        begins, ends = (datetime.combine(day, each, tzinfo=zone).astimezone(UTC) for each in (self.opens, self.closes))
        return begins, max(begins, ends)


@dataclass(frozen=True, slots=True)
class Beginning:
    """From when working days are counted: `passed` after the opening of `day`. `skipped` are the days since acceptance, each with why."""

    day: date
    passed: timedelta
    at: datetime
    skipped: Mapping[date, str]


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
    """So many working days after acceptance, always within the team's hours; the warning in working hours.

    What is accepted outside these hours counts as accepted when the team opens next. So a later acceptance is never due earlier.
    """
    hours, zone = Hours(opens, closes), ZoneInfo(calendar.timezone)
    begun = beginning(start, calendar, hours)
    target_at, _ = add_working_days(begun, target, calendar, hours)
    promise_at, passed_over = add_working_days(begun, promise, calendar, hours)
    skipped = {**begun.skipped, **passed_over}
    before = timedelta(hours=warning_hours)
    warn_at = max(start, working_time_before(promise_at, before, calendar, opens=opens, closes=closes))
    off = [{"day": day.isoformat(), "why": why} for day, why in skipped.items()]
    sentence = f"{promise} working days ({calendar.region}) from acceptance; aimed at {target}"
    if begun.at != start:
        sentence += f"; counted from {begun.at.astimezone(zone):%Y-%m-%d %H:%M}, when the team opens"
    if off:
        sentence += "; not counted: " + ", ".join(f"{entry['day']} ({entry['why']})" for entry in off)
    rule: dict[str, object] = {
        "name": "working_days",
        "promise_days": promise,
        "target_days": target,
        "region": calendar.region,
        "timezone": calendar.timezone,
        "from": start.isoformat(),
        "counted_from": begun.at.isoformat(),
        "not_counted": off,
        "warning_hours": warning_hours,
        "warning_at": warn_at.isoformat(),
        "sentence": sentence,
    }
    return Due(promise_at, target_at, warn_at, rule)


def beginning(start: datetime, calendar: Calendar, hours: Hours) -> Beginning:
    """From when the working days of what is accepted at `start` are counted: at once, or when the team opens next."""
    zone, now = ZoneInfo(calendar.timezone), start.astimezone(UTC)
    day = start.astimezone(zone).date()
    skipped: dict[date, str] = {}
    while True:
        begins, ends = hours.of(day, zone)
        why = calendar.why_off(day)
        if why is None and now < ends:
            at = max(now, begins)
            return Beginning(day, at - begins, at, skipped)
        skipped[day] = why or f"accepted after {hours.closes:%H:%M}"
        day += timedelta(days=1)


def add_working_days(begun: Beginning, days: int, calendar: Calendar, hours: Hours) -> tuple[datetime, dict[date, str]]:
    """The moment so many working days later, as long after the opening, in UTC; and the days passed over with the reason for each.

    A day that is shorter, as clocks go forward within its hours, ends at its closing.
    """
    day, left = begun.day, days
    skipped: dict[date, str] = {}
    while left:
        day += timedelta(days=1)
        why = calendar.why_off(day)
        if why is None:
            left -= 1
        else:
            skipped[day] = why
    begins, ends = hours.of(day, ZoneInfo(calendar.timezone))
    return min(begins + begun.passed, ends), skipped


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
