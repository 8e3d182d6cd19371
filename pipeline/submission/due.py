"""Due times of submissions, by the policy's service levels and the review team's calendar (DOMAIN §7.4)."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from holidays import HolidayBase, country_holidays, list_supported_countries

from pipeline.kernel.rules.working_days import Calendar, Due, avatar_due, verification_due
from pipeline.policy import Policy
from pipeline.policy.service_levels import Clock
from schemas.submissions import AvatarSubmission, VerificationSubmission

LANGUAGE: Final = "en_US"
"""The language of holidays' names in a stored rule, whatever the language of the process."""


@dataclass(frozen=True, slots=True)
class _MadeUpDays(Container[date]):
    """The days of a weekend that a country has made working days, in exchange for days off, as China and Hungary do."""

    holidays: HolidayBase

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.holidays.is_weekend(day) and self.holidays.is_working_day(day)


def calendar_of(clock: Clock) -> Calendar:
    """The team's working days: without the public holidays of its country, with the days that are worked in exchange for some.

    Each year's holidays are loaded on first use.
    """
    holidays = country_holidays(clock.country, subdiv=clock.subdivision, language=LANGUAGE)
    region = f"{clock.country}-{clock.subdivision}" if clock.subdivision else clock.country
    return Calendar(region, clock.timezone, clock.working_weekdays, holidays, _MadeUpDays(holidays))


def parts_to_name(clock: Clock, year: int) -> tuple[str, ...]:
    """The parts of the team's country of which one should be named: those with public holidays of their own; none where one is named."""
    if clock.subdivision is not None:
        return ()
    shared = country_holidays(clock.country, years=year).keys()
    parts = list_supported_countries()[clock.country]
    return tuple(part for part in parts if country_holidays(clock.country, subdiv=part, years=year).keys() != shared)


def due_of(command: AvatarSubmission | VerificationSubmission, now: datetime, policy: Policy) -> Due:
    """The due time, target and warning of a submission that is accepted `now`, with the rule that produced them."""
    clock = policy.clock
    if isinstance(command, AvatarSubmission):
        return avatar_due(now, hours=clock.avatar_hours, warning_hours=clock.avatar_warning_hours, since="acceptance")
    return verification_due(
        now,
        target=clock.verification_target_days,
        promise=clock.verification_promise_days,
        warning_hours=clock.verification_warning_hours,
        calendar=calendar_of(clock),
        opens=clock.opens,
        closes=clock.closes,
    )


def due_later(rule: Mapping[str, Any], later: timedelta, clock: Clock) -> Due:
    """When a submission is due that came `later` than one with this stored rule."""
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
