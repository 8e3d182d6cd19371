"""When an endpoint rests or is paused, when an event is sent again, and which secrets sign."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.events.webhooks.rules import Health, health_after, retry_seconds, rotated, valid_secrets

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
FRESH = {"id": "3", "secret": "fresh"}


def after(*failed: int | None, before: Health | None = None, taken: bool = False) -> Health:
    return health_after(before or Health(), taken=taken, failed=failed, now=NOW, patience=DAY)


@pytest.mark.parametrize(
    ("failures", "status", "seconds"),
    [
        (0, None, 2),
        (1, None, 4),
        (3, None, 16),
        (9, None, 60),
        (0, 500, 0),
        (1, 500, 0),
        (2, 500, 2),
        (3, 404, 4),
        (90, 500, 60),
    ],
)
def test_one_that_is_silent_rests_at_once_and_one_that_refuses_after_three(
    failures: int, status: int | None, seconds: float
) -> None:
    found = after(status, before=Health(failures, NOW))

    assert (found.rest_seconds, found.failures) == (seconds, failures + 1)
    assert found.stops is (seconds > 0)


def test_it_fails_since_the_first_failure_and_no_more_once_it_takes_something() -> None:
    since = NOW - timedelta(hours=1)

    assert after(500).failing_since == NOW
    assert after(500, before=Health(1, since)).failing_since == since
    assert after(500, None, before=Health(9, since), taken=True) == Health()


@pytest.mark.parametrize(("ago", "is_paused"), [(timedelta(hours=23), False), (DAY, True)])
def test_it_is_paused_once_it_has_taken_nothing_for_so_long(ago: timedelta, *, is_paused: bool) -> None:
    found = after(503, before=Health(50, NOW - ago))

    assert (found.paused_because is not None) is is_paused


@pytest.mark.parametrize("taken", [True, False])
def test_one_that_says_that_it_is_gone_is_paused_though_it_took_something(*, taken: bool) -> None:
    assert after(500, 410, taken=taken).paused_because == "The endpoint answered 410 Gone."


@pytest.mark.parametrize(("tries", "least", "most"), [(1, 2.5, 5), (2, 5, 10), (7, 150, 300), (1000, 150, 300)])
def test_an_event_that_was_not_taken_waits_twice_as_long_each_time_up_to_the_cap(
    tries: int, least: float, most: float
) -> None:
    assert (retry_seconds(tries, jitter=0), retry_seconds(tries, jitter=1)) == (least, most)


def secret(name: str, hours: float | None) -> dict[str, str | None]:
    return {"secret": name, "until": None if hours is None else (NOW + timedelta(hours=hours)).isoformat()}


@pytest.mark.parametrize(
    ("kept", "valid"),
    [
        ([secret("a", None)], ["fresh", "a"]),
        ([secret("b", None), secret("a", 1)], ["fresh", "b", "a"]),
        ([secret("c", None), secret("b", 23), secret("a", 0)], ["fresh", "c", "b"]),
    ],
)
def test_a_replaced_secret_signs_until_the_end_that_it_was_given(
    kept: list[dict[str, str | None]], valid: list[str]
) -> None:
    changed = rotated(kept, FRESH, now=NOW, overlap=DAY)

    assert valid_secrets(changed, NOW) == valid
    ends = [each["until"] for each in changed]
    assert ends == [None, (NOW + DAY).isoformat(), *(each["until"] for each in kept[1 : len(valid) - 1])]
