from datetime import UTC, datetime, timedelta

import pytest

from config.policy import load_policy
from pipeline.access.staff.rules.tries import Device, Guess, TooManyTries, Tries, counted, pause_after, wait_before

RULES = load_policy().sign_in
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
SOON, LATER = NOW + timedelta(seconds=30), NOW + timedelta(seconds=60)
HERE = Guess("m.lee", "192.0.2.7")
ACCOUNT, FROM_HERE = HERE.counts


def paused(until: datetime) -> Tries:
    return Tries(5, NOW, until)


@pytest.mark.parametrize(
    ("failed", "seconds"), [(1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (1000, 900)]
)
def test_pauses_grow_after_the_free_tries_up_to_the_longest(failed: int, seconds: int) -> None:
    assert pause_after(failed, rules=RULES) == seconds


def test_after_the_pause_the_next_failure_makes_a_longer_one() -> None:
    after = counted(Tries(5, NOW, SOON), now=SOON, rules=RULES)

    assert after == Tries(6, SOON, SOON + timedelta(seconds=60))


def test_failures_of_the_day_before_count_no_more() -> None:
    assert counted(Tries(9, NOW, NOW), now=NOW + timedelta(hours=24), rules=RULES).failed == 1


def test_a_wait_is_told_in_whole_seconds() -> None:
    told = TooManyTries.until(SOON, now=NOW + timedelta(seconds=12.5))

    assert told.seconds == 18
    assert str(told) == "Too many tries failed. Wait 18 seconds, then try again."


@pytest.mark.parametrize(
    ("before", "until"),
    [
        ({}, None),
        ({ACCOUNT: paused(SOON)}, SOON),
        ({FROM_HERE: paused(SOON)}, SOON),
        ({ACCOUNT: paused(LATER), FROM_HERE: paused(SOON)}, SOON),
        ({ACCOUNT: paused(NOW), FROM_HERE: paused(NOW)}, None),
        ({ACCOUNT: paused(LATER), HERE.turn: paused(SOON)}, SOON),
        ({ACCOUNT: paused(LATER), HERE.turn: paused(NOW)}, None),
        ({ACCOUNT: paused(LATER), FROM_HERE: paused(SOON), HERE.turn: paused(NOW)}, SOON),
        ({ACCOUNT: paused(NOW), HERE.turn: paused(SOON)}, None),
    ],
    ids=[
        "nobody has failed",
        "others have failed",
        "this network has failed",
        "this network waits for its own failures first",
        "every pause is over",
        "a turn is promised",
        "the turn has come, whatever others do",
        "a turn is of no use after failures of one's own",
        "nobody has to wait for a turn when the account is free",
    ],
)
def test_a_stranger_waits_for_failures_of_their_own_and_once_for_those_of_others(
    before: dict[str, Tries], until: datetime | None
) -> None:
    assert wait_before(HERE, before, now=NOW) == until


@pytest.mark.parametrize(
    "known", [Guess("m.lee", "192.0.2.7", Device("m.lee", "laptop")), Guess("m.lee", "192.0.2.7", signed_in=True)]
)
def test_who_is_known_waits_for_failures_of_their_own_only(known: Guess) -> None:
    strangers = {ACCOUNT: paused(LATER), FROM_HERE: paused(LATER)}

    assert wait_before(known, strangers, now=NOW) is None
    assert wait_before(known, {known.counts[0]: paused(SOON)}, now=NOW) == SOON


def test_another_persons_device_is_a_stranger() -> None:
    assert Guess("m.lee", "192.0.2.7", Device("c.adler", "laptop")).counts == HERE.counts


def test_an_account_is_one_however_its_name_is_typed() -> None:
    assert Guess(" M.Lee ", "192.0.2.7").counts == HERE.counts
    assert not {*Guess("m.leo", "192.0.2.7").counts} & {*HERE.counts}


def test_nothing_that_is_kept_can_be_read_as_a_name_or_an_address() -> None:
    kept = " ".join((*HERE.counts, HERE.turn, HERE.caller))

    assert "lee" not in kept
    assert "192.0.2.7" not in kept
