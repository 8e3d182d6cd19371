from typing import Any

import pytest

from config.policy import load_policy
from pipeline.access.staff.oidc_claims import ClaimRefused, Naming, id_named, roles_given
from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.rules.sign_in import own_page, password_problems

RULES = load_policy().sign_in


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
