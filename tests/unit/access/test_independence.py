import pytest

from pipeline.access.staff.rules.independence import (
    TERMINAL,
    Holder,
    NotIndependent,
    may_confirm,
    others_of,
    require_independent,
)


def holder(name: str, *others: str, own: bool = True) -> Holder:
    return Holder(name, own, frozenset(others))


@pytest.mark.parametrize(
    ("openings", "others"),
    [
        ({}, set()),
        ({"a": ["boss"]}, {"boss"}),
        ({"a": ["boss"], "boss": ["owner"]}, {"boss", "owner"}),
        ({"a": ["boss"], "boss": ["a"]}, {"boss"}),
        ({"b": ["boss"]}, set()),
        ({"a": [TERMINAL]}, set()),
        ({"a": ["boss"], "boss": [TERMINAL]}, {"boss"}),
    ],
)
def test_an_account_is_in_the_hands_of_all_who_opened_it_and_theirs(
    openings: dict[str, list[str]], others: set[str]
) -> None:
    assert others_of("a", openings) == others


@pytest.mark.parametrize(
    ("now", "before", "is_two"),
    [
        (holder("a"), holder("b"), True),
        (holder("a", "boss"), holder("b"), True),
        (holder("a", "boss"), holder("b", "owner"), True),
        (holder("a", "boss"), holder("boss"), False),
        (holder("boss"), holder("a", "boss"), False),
        (holder("a", "boss"), holder("b", "boss"), False),
        (holder("a", own=False), holder("b"), False),
    ],
)
def test_two_are_two_where_nobody_could_be_both(now: Holder, before: Holder, *, is_two: bool) -> None:
    if is_two:
        require_independent(now, [before])
    else:
        with pytest.raises(NotIndependent):
            require_independent(now, [before])


def test_a_third_person_is_not_one_of_either_side() -> None:
    with pytest.raises(NotIndependent, match="boss could have signed in as c and as a"):
        require_independent(holder("c", "boss"), [holder("a", "boss"), holder("b")])


def test_who_is_in_the_same_hands_confirms_nobody() -> None:
    assert may_confirm(holder("lead"), holder("a", "boss"))
    assert not may_confirm(holder("boss"), holder("a", "boss"))
    assert not may_confirm(holder("lead", "boss"), holder("a", "boss"))
