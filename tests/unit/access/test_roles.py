import pytest

from pipeline.access.staff.rules.roles import RIGHTS, Right, Role, may, require
from pipeline.kernel.errors import Forbidden

GIVES = {
    "reviewer": "review",
    "senior": "review second settle",
    "lead": "quality statistics correct relations",
    "admin": "people keys relations policy erase quality statistics",
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_a_role_gives_its_rights_and_no_other(role: Role, right: Right) -> None:
    assert may([role], right) is (right in GIVES[role].split())


def test_every_role_stands_in_the_table() -> None:
    assert set(RIGHTS) == set(Role)


def test_somebody_with_two_roles_has_the_rights_of_both() -> None:
    assert may(["reviewer", "lead"], Right.REVIEW)
    assert may(["reviewer", "lead"], Right.CORRECT)


def test_an_unknown_role_gives_nothing() -> None:
    assert not may(["emperor"], Right.REVIEW)


def test_a_right_that_is_missing_is_refused_with_the_roles_that_would_give_it() -> None:
    with pytest.raises(Forbidden, match="needs the role reviewer or senior"):
        require(["lead"], Right.REVIEW)
