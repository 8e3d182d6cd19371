"""A submission that comes later is never due earlier (DOMAIN §7.4): any hour, many countries, days on which clocks change."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.policy import load_policy
from pipeline.kernel.rules.working_days import Calendar, Due, verification_due
from pipeline.submission.due import calendar_of

TEAMS: Final = (
    ("DE", "Europe/Berlin"),
    ("CN", "Asia/Shanghai"),
    ("JP", "Asia/Tokyo"),
    ("HU", "Europe/Budapest"),
    ("TW", "Asia/Taipei"),
    ("US", "America/New_York"),
    ("AU", "Australia/Lord_Howe"),
    ("CL", "America/Santiago"),
    ("CU", "America/Havana"),
    ("LB", "Asia/Beirut"),
    ("BR", "America/Sao_Paulo"),
    ("WS", "Pacific/Apia"),
    ("NP", "Asia/Kathmandu"),
    ("MA", "Africa/Casablanca"),
    ("IR", "Asia/Tehran"),
)
HOURS: Final = (
    (time(9), time(17)),
    (time(0), time(23, 59, 59)),
    (time(0), time(4)),
    (time(2), time(3)),
    (time(22), time(23, 59)),
)
CHANGES: Final = ("2026-03-27", "2026-10-23", "2025-11-01", "2018-11-03", "2011-12-29", "2026-02-13", "2026-12-23")
"""A day before clocks change, before Samoa left out a day, and before days that are worked in exchange, in some of these countries."""

ORDERLY = settings(max_examples=150, deadline=None)


@cache
def calendar(country: str, timezone: str, weekdays: tuple[int, ...]) -> Calendar:
    clock = load_policy().clock
    return calendar_of(
        clock.model_copy(update={"country": country, "timezone": timezone, "working_weekdays": weekdays})
    )


def due(at: datetime, team: tuple[str, str], hours: tuple[time, time], weekdays: tuple[int, ...], days: int) -> Due:
    opens, closes = hours
    known = calendar(*team, weekdays)
    return verification_due(at, target=1, promise=days, warning_hours=8, calendar=known, opens=opens, closes=closes)


@ORDERLY
@given(
    team=st.sampled_from(TEAMS),
    hours=st.sampled_from(HOURS),
    weekdays=st.sampled_from([(0, 1, 2, 3, 4), (0, 1, 2, 3, 6), (0, 1, 2, 3, 4, 5, 6)]),
    days=st.integers(1, 5),
    at=st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)).map(lambda each: each.replace(tzinfo=UTC)),  # noqa: DTZ001
    later=st.timedeltas(timedelta(0), timedelta(days=4)),
)
def test_a_later_acceptance_is_never_due_earlier(
    team: tuple[str, str],
    hours: tuple[time, time],
    weekdays: tuple[int, ...],
    days: int,
    at: datetime,
    later: timedelta,
) -> None:
    first, second = (due(each, team, hours, weekdays, days) for each in (at, at + later))

    assert first.promise_at <= second.promise_at
    assert first.target_at <= second.target_at
    assert at <= first.target_at <= first.promise_at


@pytest.mark.parametrize("team", TEAMS, ids=[country for country, _ in TEAMS])
@pytest.mark.parametrize("day", CHANGES)
def test_nor_is_it_in_any_half_hour_round_a_change(team: tuple[str, str], day: str) -> None:
    begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
    every = [begin + timedelta(minutes=30 * number) for number in range(2 * 24 * 3)]
    whole_day = (time(0), time(23, 59, 59))

    promised = [due(at, team, whole_day, (0, 1, 2, 3, 4, 5, 6), 2).promise_at for at in every]

    assert [pair for pair in pairwise(promised) if pair[0] > pair[1]] == []


@ORDERLY
@given(
    team=st.sampled_from(TEAMS[:6]),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda each: each.replace(tzinfo=UTC)),  # noqa: DTZ001
)
def test_a_promise_ends_while_the_team_is_at_work(team: tuple[str, str], at: datetime) -> None:
    promise = due(at, team, (time(9), time(17)), (0, 1, 2, 3, 4), 4).promise_at.astimezone(ZoneInfo(team[1]))

    assert time(9) <= promise.time() <= time(17)
    assert calendar(*team, (0, 1, 2, 3, 4)).why_off(promise.date()) is None


def test_saturday_half_past_midnight_is_not_due_before_friday_half_past_eleven() -> None:
    friday = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)

    before, after = (due(at, TEAMS[0], HOURS[0], (0, 1, 2, 3, 4), 4) for at in (friday, friday + timedelta(hours=1)))

    assert before.promise_at == after.promise_at == datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
