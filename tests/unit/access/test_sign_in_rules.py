from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.policy import load_policy
from pipeline.access.staff.oidc_claims import ClaimRefused, Naming, id_named, roles_given
from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.rules.sign_in import (
    TooManyTries,
    Tries,
    counted,
    of_account,
    of_address,
    own_page,
    password_problems,
    pause_after,
)

RULES = load_policy().sign_in
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failed", "seconds"), [(1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (1000, 900)]
)
def test_pauses_grow_after_the_free_tries_up_to_the_longest(failed: int, seconds: int) -> None:
    assert pause_after(failed, free=5, rules=RULES) == seconds


def test_a_try_during_a_pause_is_not_counted_but_told_how_long_to_wait() -> None:
    before = Tries(5, NOW, NOW + timedelta(seconds=30))

    with pytest.raises(TooManyTries) as told:
        counted(before, free=5, now=NOW + timedelta(seconds=12.5), rules=RULES)

    assert told.value.seconds == 18
    assert str(told.value) == "Too many tries failed. Wait 18 seconds, then try again."


def test_after_the_pause_the_next_failure_makes_a_longer_one() -> None:
    before = Tries(5, NOW, NOW + timedelta(seconds=30))

    after = counted(before, free=5, now=NOW + timedelta(seconds=30), rules=RULES)

    assert after == Tries(6, NOW + timedelta(seconds=30), NOW + timedelta(seconds=90))


def test_failures_of_the_day_before_count_no_more() -> None:
    before = Tries(9, NOW, NOW)

    assert counted(before, free=5, now=NOW + timedelta(hours=24), rules=RULES).failed == 1


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("correct horse battery", []),
        ("elf zeichen", ["password_too_short"]),
        ("aaaaaaaaaaaaaaaa", ["password_too_simple"]),
        ("M.Lee is my name", ["password_has_name"]),
        ("ﬁﬁﬁﬁﬁﬁ ab cd", []),
        ("a long way " * 100, ["password_too_long"]),
    ],
)
def test_a_password_is_judged_by_length_variety_and_name(password: str, codes: list[str]) -> None:
    found = [each.code for each in password_problems(password, reviewer_id="m.lee", rules=RULES)]

    assert found == codes


def test_an_account_is_one_however_its_name_is_typed() -> None:
    assert of_account(" M.Lee ") == of_account("m.lee") != of_account("m.leo")


@pytest.mark.parametrize(
    ("one", "another", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("a proxy", "a proxy", True),
    ],
)
def test_addresses_of_one_network_count_together(one: str, another: str, same: bool) -> None:  # noqa: FBT001
    assert (of_address(one) == of_address(another)) is same


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("/console/cases/1?from=mail", "/console/cases/1?from=mail"),
        ("https://elsewhere.example/console/", "/home"),
        ("//elsewhere.example/console", "/home"),
        ("/console\\@elsewhere.example", "/home"),
        ("/consoleless", "/home"),
        ("/console/\r\nX: y", "/home"),
        ("/console/sign-out", "/home"),
        (None, "/home"),
    ],
)
def test_signing_in_leads_to_a_page_of_ours_and_nowhere_else(asked: str | None, page: str) -> None:
    assert own_page(asked, default="/home") == page


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        ({"preferred_username": "m.lee"}, "m.lee"),
        ({"preferred_username": "m lee"}, None),
        ({"preferred_username": 7}, None),
        ({}, None),
    ],
)
def test_a_claim_names_a_reviewer_by_an_id(claims: dict[str, Any], named: str | None) -> None:
    naming = Naming("preferred_username")

    if named is None:
        with pytest.raises(ClaimRefused):
            id_named(claims, naming)
    else:
        assert id_named(claims, naming) == named


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({"groups": ["desk", "other"]}, frozenset({Role.REVIEWER})),
        ({"groups": "leads"}, frozenset({Role.LEAD})),
        ({"groups": ["desk", "leads", 7]}, frozenset({Role.REVIEWER, Role.LEAD})),
    ],
)
def test_a_claim_gives_the_roles_that_the_settings_say(claims: dict[str, Any], roles: frozenset[Role]) -> None:
    naming = Naming("sub", "groups", {"desk": Role.REVIEWER, "leads": Role.LEAD})

    assert roles_given(claims, naming) == roles
