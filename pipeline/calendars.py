"""The review team's calendar, from the policy and the public holidays of its country."""

from typing import Final

from holidays import country_holidays

from pipeline.clock_policy import Clock
from pipeline.working_days import Calendar

LANGUAGE: Final = "en_US"
"""Of the names of holidays in a stored reason, whatever language the process runs in."""


def calendar_of(clock: Clock) -> Calendar:
    """The working days of any year: a year's holidays are added when it is first asked for."""
    holidays = country_holidays(clock.country, subdiv=clock.subdivision, language=LANGUAGE)
    region = f"{clock.country}-{clock.subdivision}" if clock.subdivision else clock.country
    return Calendar(region, clock.timezone, clock.working_weekdays, holidays)
