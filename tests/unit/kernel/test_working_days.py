from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays

from config.policy import load_policy
from pipeline.kernel.rules.working_days import (
    Calendar,
    Due,
    Hours,
    add_working_days,
    avatar_due,
    beginning,
    verification_due,
    working_time,
    working_time_before,
)
from pipeline.kernel.validation import parse_submission
from pipeline.submission.due import calendar_of, due_of, parts_to_name
from tests.support.bodies import avatar_body, verification_body

BERLIN = ZoneInfo("Europe/Berlin")
GERMANY = Calendar("DE", "Europe/Berlin", (0, 1, 2, 3, 4), country_holidays("DE", years=(2026, 2027), language="de"))
DUBAI = Calendar("AE", "Asia/Dubai", (0, 1, 2, 3, 6), {})
HOURS = Hours(time(9), time(17))


def moved(start: datetime, days: int, calendar: Calendar = GERMANY, hours: Hours = HOURS) -> datetime:
    return add_working_days(beginning(start, calendar, hours), days, calendar, hours)[0]


def passed_over(start: datetime, days: int, calendar: Calendar = GERMANY) -> dict[date, str]:
    begun = beginning(start, calendar, HOURS)
    return {**begun.skipped, **add_working_days(begun, days, calendar, HOURS)[1]}


def promised(start: datetime, *, warning_hours: int = 8) -> Due:
    return verification_due(
        start,
        target=2,
        promise=4,
        warning_hours=warning_hours,
        calendar=GERMANY,
        opens=time(9),
        closes=time(17),
    )


def local(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-16T10:00", 2, "2026-11-18T10:00"),
        ("2026-11-16T10:00", 4, "2026-11-20T10:00"),
        ("2026-11-19T10:00", 2, "2026-11-23T10:00"),
        ("2026-11-20T16:59:59", 1, "2026-11-23T16:59:59"),
        ("2026-11-16T10:00", 10, "2026-11-30T10:00"),
    ],
)
def test_weekends_are_not_counted(start: str, days: int, end: str) -> None:
    assert moved(local(start), days) == local(end)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-04-02T10:00", 1, "2026-04-07T10:00"),
        ("2026-04-30T10:00", 1, "2026-05-04T10:00"),
        ("2026-05-13T10:00", 1, "2026-05-15T10:00"),
        ("2026-05-22T10:00", 1, "2026-05-26T10:00"),
        ("2026-12-23T10:00", 2, "2026-12-28T10:00"),
    ],
    ids=["Easter", "Labour Day", "Ascension", "Whit Monday", "Christmas"],
)
def test_public_holidays_are_not_counted(start: str, days: int, end: str) -> None:
    assert moved(local(start), days) == local(end)


@pytest.mark.parametrize(("days", "end"), [(1, "2026-12-31"), (2, "2027-01-04"), (4, "2027-01-06")])
def test_the_count_goes_on_across_the_end_of_the_year(days: int, end: str) -> None:
    assert moved(local("2026-12-30T10:00"), days) == local(f"{end}T10:00")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-27T09:00+00:00", "2026-03-30T08:00+00:00"),
        ("2026-10-23T08:00+00:00", "2026-10-26T09:00+00:00"),
    ],
    ids=["clocks go forward", "clocks go back"],
)
def test_the_time_of_day_stays_when_the_clocks_change(start: str, end: str) -> None:
    due = moved(datetime.fromisoformat(start), 1)

    assert due == datetime.fromisoformat(end)
    assert due.astimezone(BERLIN).hour == 10


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-21T12:00", "2026-11-24T09:00"),
        ("2026-11-22T23:59", "2026-11-24T09:00"),
        ("2026-12-25T08:00", "2026-12-29T09:00"),
        ("2026-11-20T17:00", "2026-11-24T09:00"),
        ("2026-11-20T23:30", "2026-11-24T09:00"),
        ("2026-11-21T00:30", "2026-11-24T09:00"),
        ("2026-11-23T05:00", "2026-11-24T09:00"),
        ("2026-11-23T09:00", "2026-11-24T09:00"),
        ("2026-11-23T09:01", "2026-11-24T09:01"),
    ],
    ids=[
        "Saturday",
        "Sunday evening",
        "Christmas Day",
        "closing time",
        "Friday night",
        "an hour later",
        "before opening",
        "opening",
        "open",
    ],
)
def test_what_comes_outside_working_hours_counts_as_accepted_when_the_team_opens_next(start: str, end: str) -> None:
    assert moved(local(start), 1) == local(end)


def test_the_day_is_the_teams_not_that_of_greenwich() -> None:
    late_on_thursday = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    early = Hours(time(0, 15), time(23, 45))

    due = moved(late_on_thursday, 1, hours=early)

    assert due == datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert due.astimezone(BERLIN).strftime("%A %H:%M") == "Monday 00:30"


def test_another_team_has_another_week() -> None:
    thursday = datetime(2026, 11, 19, 6, 0, tzinfo=UTC)

    assert moved(thursday, 1, DUBAI) == datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    assert passed_over(thursday, 1, DUBAI) == {date(2026, 11, 20): "Friday", date(2026, 11, 21): "Saturday"}


def test_the_day_of_acceptance_is_named_where_it_is_not_counted() -> None:
    friday_night, saturday = local("2026-11-20T23:30"), local("2026-11-21T00:30")

    assert passed_over(friday_night, 1) == {
        date(2026, 11, 20): "accepted after 17:00",
        date(2026, 11, 21): "Saturday",
        date(2026, 11, 22): "Sunday",
    }
    assert passed_over(saturday, 1) == {date(2026, 11, 21): "Saturday", date(2026, 11, 22): "Sunday"}


def test_the_sentence_says_from_when_it_is_counted() -> None:
    rule = promised(local("2026-11-21T00:30").astimezone(UTC)).rule

    assert rule["from"] == "2026-11-20T23:30:00+00:00"
    assert rule["counted_from"] == "2026-11-23T08:00:00+00:00"
    assert rule["sentence"] == (
        "4 working days (DE) from acceptance; aimed at 2; counted from 2026-11-23 09:00, when the team opens; "
        "not counted: 2026-11-21 (Saturday), 2026-11-22 (Sunday)"
    )


def test_a_promise_ends_in_the_teams_hours_where_the_clocks_make_a_day_shorter() -> None:
    night = Hours(time(0), time(4))
    saturday = Calendar("DE", "Europe/Berlin", (0, 1, 2, 3, 4, 5, 6), {})

    due = moved(local("2026-03-28T03:30"), 1, saturday, night)

    assert due == local("2026-03-29T04:00")


@pytest.mark.parametrize(
    ("country", "day", "why"),
    [
        ("CN", date(2026, 2, 14), None),
        ("CN", date(2026, 2, 28), None),
        ("CN", date(2025, 9, 28), None),
        ("CN", date(2026, 2, 21), "Saturday"),
        ("CN", date(2026, 3, 7), "Saturday"),
        ("TW", date(2025, 2, 8), None),
        ("HU", date(2026, 8, 8), None),
        ("LV", date(2026, 6, 27), None),
        ("VN", date(2026, 8, 22), None),
        ("KZ", date(2025, 1, 5), None),
        ("JP", date(2026, 9, 22), "National Holiday"),
        ("JP", date(2026, 5, 6), "Substitute Holiday"),
        ("DE", date(2026, 2, 14), "Saturday"),
    ],
)
def test_days_that_are_worked_in_exchange_for_days_off_count(country: str, day: date, why: str | None) -> None:
    calendar = calendar_of(load_policy().clock.model_copy(update={"country": country}))

    assert calendar.why_off(day) == why


def test_days_that_are_not_counted_are_named() -> None:
    assert passed_over(local("2026-12-23T10:00"), 2) == {
        date(2026, 12, 25): "Erster Weihnachtstag",
        date(2026, 12, 26): "Saturday",
        date(2026, 12, 27): "Sunday",
    }


def test_the_rule_says_why_in_data_and_in_a_sentence() -> None:
    due = promised(local("2026-12-23T10:00").astimezone(UTC))

    assert (due.target_at, due.promise_at) == (local("2026-12-28T10:00"), local("2026-12-30T10:00"))
    assert due.rule["name"] == "working_days"
    assert due.rule["not_counted"] == [
        {"day": "2026-12-25", "why": "Erster Weihnachtstag"},
        {"day": "2026-12-26", "why": "Saturday"},
        {"day": "2026-12-27", "why": "Sunday"},
    ]
    assert due.rule["sentence"] == (
        "4 working days (DE) from acceptance; aimed at 2; not counted: "
        "2026-12-25 (Erster Weihnachtstag), 2026-12-26 (Saturday), 2026-12-27 (Sunday)"
    )


def test_due_times_are_in_utc() -> None:
    due = promised(datetime(2026, 11, 16, 9, 0, tzinfo=UTC))

    assert (due.promise_at.tzinfo, due.target_at.tzinfo, due.warn_at.tzinfo) == (UTC, UTC, UTC)


def test_an_avatar_is_due_by_the_clock_on_any_day() -> None:
    saturday = datetime(2026, 12, 26, 22, 0, tzinfo=UTC)

    due = avatar_due(saturday, hours=24, warning_hours=4, since="upload")

    assert due.promise_at == due.target_at == saturday + timedelta(hours=24)
    assert due.warn_at == saturday + timedelta(hours=20)
    assert due.rule["sentence"] == "24 hours by the clock from upload"


def test_the_shipped_policy_promises_what_the_domain_says() -> None:
    now = datetime(2026, 12, 30, 9, 0, tzinfo=UTC)

    avatar = due_of(parse_submission(avatar_body()), now, load_policy())
    verification = due_of(parse_submission(verification_body()), now, load_policy())

    assert avatar.promise_at == datetime(2026, 12, 31, 9, 0, tzinfo=UTC)
    assert verification.target_at == datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
    assert verification.promise_at == datetime(2027, 1, 6, 9, 0, tzinfo=UTC)


def test_new_years_day_in_berlin_is_a_holiday_while_it_is_still_last_year_in_greenwich() -> None:
    now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    due = due_of(parse_submission(verification_body()), now, load_policy())

    assert due.target_at == datetime(2027, 1, 6, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("language", ["de", "th", "uk"])
def test_why_a_day_is_not_counted_does_not_depend_on_the_language_of_the_process(
    monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    now, command, policy = datetime(2026, 12, 23, tzinfo=UTC), parse_submission(verification_body()), load_policy()
    monkeypatch.setenv("LANGUAGE", "en_US")
    expected = due_of(command, now, policy)
    monkeypatch.setenv("LANGUAGE", language)

    assert due_of(command, now, policy) == expected


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-16T10:00", "2026-11-16T12:00", 2),
        ("2026-11-16T05:00", "2026-11-16T23:00", 8),
        ("2026-11-16T16:00", "2026-11-17T10:00", 2),
        ("2026-11-20T16:00", "2026-11-23T10:00", 2),
        ("2026-12-24T16:00", "2026-12-28T10:00", 2),
        ("2026-11-21T10:00", "2026-11-22T12:00", 0),
        ("2026-10-23T09:00", "2026-10-26T09:00", 8),
        ("2026-11-16T12:00", "2026-11-16T12:00", 0),
        ("2026-11-16T18:00", "2026-11-17T08:00", 0),
    ],
    ids=["within", "a long day", "overnight", "weekend", "Christmas", "day off", "clock change", "nothing", "night"],
)
def test_working_time_is_that_of_open_hours_on_working_days(start: str, end: str, hours: float) -> None:
    worked = working_time(local(start), local(end), GERMANY, opens=time(9), closes=time(17))

    assert worked == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("end", "hours", "begin"),
    [
        ("2026-11-17T15:00", 4, "2026-11-17T11:00"),
        ("2026-11-17T10:00", 8, "2026-11-16T10:00"),
        ("2026-11-17T23:30", 8, "2026-11-17T09:00"),
        ("2026-11-17T06:00", 8, "2026-11-16T09:00"),
        ("2026-11-23T10:00", 2, "2026-11-20T16:00"),
        ("2026-12-28T10:00", 9, "2026-12-24T09:00"),
        ("2026-10-26T10:00", 8, "2026-10-23T10:00"),
    ],
    ids=["within", "the day before", "late", "early", "weekend", "Christmas", "clock change"],
)
def test_a_warning_leaves_so_many_of_the_teams_working_hours(end: str, hours: int, begin: str) -> None:
    found = working_time_before(local(end), timedelta(hours=hours), GERMANY, opens=time(9), closes=time(17))

    assert found == local(begin)
    assert working_time(found, local(end), GERMANY, opens=time(9), closes=time(17)) == timedelta(hours=hours)


def test_a_warning_is_never_before_what_it_warns_of_has_begun() -> None:
    start = local("2026-11-16T10:00")

    assert promised(start, warning_hours=400).warn_at == start


def test_the_warning_is_stored_with_the_rule() -> None:
    due = promised(local("2026-11-16T10:00").astimezone(UTC))

    assert due.rule["warning_hours"] == 8
    assert due.rule["warning_at"] == due.warn_at.isoformat() == "2026-11-19T09:00:00+00:00"


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    epiphany = local("2027-01-05T10:00")
    bavaria = calendar_of(load_policy().clock.model_copy(update={"subdivision": "BY"}))

    assert moved(epiphany, 1, GERMANY) == local("2027-01-06T10:00")
    assert moved(epiphany, 1, bavaria) == local("2027-01-07T10:00")
    assert bavaria.region == "DE-BY"


@pytest.mark.parametrize(
    ("country", "part", "asked"),
    [("GB", None, {"ENG", "NIR", "SCT", "WLS"}), ("GB", "SCT", set()), ("JP", None, set()), ("NL", None, set())],
)
def test_a_country_whose_parts_have_holidays_of_their_own_asks_for_one(
    country: str, part: str | None, asked: set[str]
) -> None:
    clock = load_policy().clock.model_copy(update={"country": country, "subdivision": part})

    assert set(parts_to_name(clock, 2026)) == asked
