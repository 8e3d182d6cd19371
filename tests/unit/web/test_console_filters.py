from datetime import UTC, datetime, timedelta

import pytest

from web.console.filters import away, clock, exact, label, size, span

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3600, "1 h"),
        (7800, "2 h 10 min"),
        (86400, "1 d"),
        (93600, "1 d 2 h"),
    ],
)
def test_a_length_of_time_is_said_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_a_moment_is_so_far_ahead_or_so_long_ago() -> None:
    assert away(NOW + timedelta(hours=2, minutes=10), NOW) == "in 2 h 10 min"
    assert away(NOW - timedelta(minutes=3), NOW) == "3 min ago"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 25, 15, 40, tzinfo=UTC), "today 16:40"),
        (datetime(2026, 11, 25, 23, 30, tzinfo=UTC), "tomorrow 00:30"),
        (datetime(2026, 11, 24, 8, 0, tzinfo=UTC), "yesterday 09:00"),
        (datetime(2026, 11, 27, 8, 0, tzinfo=UTC), "Fri 09:00"),
        (datetime(2026, 12, 9, 8, 0, tzinfo=UTC), "9 Dec 09:00"),
        (datetime(2027, 1, 1, 8, 0, tzinfo=UTC), "1 Jan 2027 09:00"),
    ],
)
def test_a_moment_is_told_in_the_reviewers_zone_as_near_as_it_is(moment: datetime, words: str) -> None:
    assert clock(moment, NOW, "Europe/Berlin") == words


def test_a_title_has_the_moment_with_its_zone() -> None:
    assert exact(NOW, "Europe/Berlin") == "2026-11-25 11:00 CET"


@pytest.mark.parametrize(
    ("count", "words"), [(900, "900 B"), (1024, "1 KB"), (831_488, "812 KB"), (3 * 1024 * 1024, "3.0 MB")]
)
def test_a_size_is_told_in_its_unit(count: int, words: str) -> None:
    assert size(count) == words


def test_a_code_becomes_words() -> None:
    assert label("period_from") == "Period from"
