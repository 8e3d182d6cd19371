from datetime import UTC, datetime, timedelta

import pytest

from pipeline.kernel.rules import one_time_codes
from pipeline.kernel.rules.one_time_codes import (
    CodeExpired,
    CodeNotAccepted,
    Codes,
    CodeTooSoon,
    CodeUsedUp,
    CodeWrong,
    Kept,
    Newer,
    Outcome,
    Sent,
)

RULES = Codes(digits=6, valid_seconds=900, tries=5, resend_seconds=60, per_day=3)
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
HASHED = one_time_codes.hash_code("042117")


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_code_is_made_of_so_many_digits() -> None:
    made = {one_time_codes.make_code(RULES) for _ in range(200)}

    assert all(len(code) == 6 and code.isascii() and code.isdecimal() for code in made)
    assert len(made) > 150


def test_the_same_code_is_never_hashed_alike_and_never_kept_as_it_is() -> None:
    again = one_time_codes.hash_code("042117")

    assert again != HASHED
    assert "042117" not in again
    assert one_time_codes.is_code("042117", again)


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("042117", True),
        (" 042 117\n", True),
        ("42117", False),
        ("042118", False),
        ("", False),
        ("٠٤٢١١٧", False),
        ("042117\x00", False),
    ],
)
def test_a_code_is_compared_as_it_was_sent(given: str, right: bool) -> None:  # noqa: FBT001  (a table's column)
    assert one_time_codes.is_code(given, HASHED) is right


@pytest.mark.parametrize(
    ("given", "seconds", "tries", "outcome"),
    [
        ("042117", 0, 0, Outcome.RIGHT),
        ("042117", 899, 4, Outcome.RIGHT),
        ("000000", 899, 4, Outcome.WRONG),
        ("042117", 900, 0, Outcome.EXPIRED),
        ("042117", 0, 5, Outcome.USED_UP),
        ("042117", 900, 5, Outcome.EXPIRED),
    ],
)
def test_a_code_holds_for_its_time_and_its_tries(given: str, seconds: float, tries: int, outcome: Outcome) -> None:
    kept = Kept(HASHED, at(900), tries)

    assert one_time_codes.tried(kept, given, now=at(seconds), rules=RULES) is outcome


NEXT = one_time_codes.hash_code("555555")


@pytest.mark.parametrize(
    ("sent", "newer", "given", "outcome"),
    [
        (Kept(HASHED, at(900), 0), None, "042117", Outcome.RIGHT),
        (Kept(HASHED, at(900), 0), Newer(), "042117", Outcome.RIGHT),
        (Kept(HASHED, at(900), 0), Newer(), "000000", Outcome.WRONG),
        (Kept(HASHED, at(900), 0), Newer(NEXT), "555555", Outcome.RIGHT),
        (Kept(HASHED, at(900), 5), Newer(), "042117", Outcome.NOT_SENT),
        (Kept(HASHED, NOW, 0), Newer(), "042117", Outcome.NOT_SENT),
        (Kept(HASHED, NOW, 0), None, "042117", Outcome.EXPIRED),
        (None, Newer(), "555555", Outcome.NOT_SENT),
        (None, Newer(NEXT, 4), "555555", Outcome.RIGHT),
        (None, Newer(NEXT, 5), "555555", Outcome.NOT_SENT),
        (None, Newer(NEXT), "000000", Outcome.NOT_SENT),
        (None, None, "000000", Outcome.EXPIRED),
    ],
)
def test_a_code_holds_until_a_newer_one_is_sent(
    sent: Kept | None, newer: Newer | None, given: str, outcome: Outcome
) -> None:
    assert one_time_codes.tried_of(sent, newer, given, now=NOW, rules=RULES) is outcome


def test_what_is_kept_of_a_code_is_its_hash_and_its_end() -> None:
    kept = one_time_codes.kept("042117", now=NOW, rules=RULES)

    assert (kept.expires_at, kept.tries) == (at(900), 0)
    assert one_time_codes.is_code("042117", kept.hashed)


@pytest.mark.parametrize(
    ("outcome", "tries", "kind", "says"),
    [
        (Outcome.WRONG, 1, CodeWrong, "4 of 5 tries are left"),
        (Outcome.WRONG, 4, CodeWrong, "1 of 5 tries are left"),
        (Outcome.WRONG, 5, CodeUsedUp, "tried too often"),
        (Outcome.USED_UP, 6, CodeUsedUp, "Ask for a new one"),
        (Outcome.EXPIRED, 0, CodeExpired, "Ask for a new one"),
    ],
)
def test_a_refusal_says_what_to_do(outcome: Outcome, tries: int, kind: type[CodeNotAccepted], says: str) -> None:
    refusal = one_time_codes.refusal(outcome, tries=tries, rules=RULES)

    assert type(refusal) is kind
    assert says in str(refusal)


def test_the_first_code_is_sent_at_once() -> None:
    assert one_time_codes.send_another(None, now=NOW, rules=RULES) == Sent(NOW, NOW, 1)


@pytest.mark.parametrize(
    ("before", "seconds", "after"),
    [
        (Sent(NOW, NOW, 1), 60, Sent(at(60), NOW, 2)),
        (Sent(at(3600), NOW, 2), 3660, Sent(at(3660), NOW, 3)),
        (Sent(at(3600), NOW, 3), 86_400, Sent(at(86_400), at(86_400), 1)),
    ],
    ids=["after the pause", "the last of a day", "the first of the next day"],
)
def test_another_code_is_sent_after_the_pause(before: Sent, seconds: float, after: Sent) -> None:
    assert one_time_codes.send_another(before, now=at(seconds), rules=RULES) == after


@pytest.mark.parametrize(
    ("before", "seconds", "wait"),
    [
        (Sent(NOW, NOW, 1), 0, 60),
        (Sent(NOW, NOW, 1), 59.9, 1),
        (Sent(at(3600), NOW, 3), 80_000, 6400),
        (Sent(at(86_390), NOW, 3), 86_395, 55),
    ],
    ids=["at once", "almost", "too many in a day", "the pause outlasts the day"],
)
def test_another_code_too_soon_says_how_long_to_wait(before: Sent, seconds: float, wait: int) -> None:
    with pytest.raises(CodeTooSoon) as caught:
        one_time_codes.send_another(before, now=at(seconds), rules=RULES)

    assert caught.value.seconds == wait
    assert f"in {wait} seconds" in str(caught.value)
