"""Sealing: a value opens with its key, for its place, unchanged; and not otherwise."""

import pytest

from pipeline.kernel.encryption import (
    LocalKeys,
    NotOpened,
    Sealer,
    fresh_key,
    is_sealed,
    master_keys,
    master_keys_problem,
)

OLD, NEW = fresh_key(), fresh_key()
PLACE = "webhook_endpoint:1"


def sealer(*keys: str) -> Sealer:
    return Sealer(LocalKeys(master_keys(",".join(keys))))


def changed(sealed: str, part: int) -> str:
    """The same with one character of one part changed."""
    parts = sealed.split(":")
    middle = len(parts[part]) // 2
    other = "A" if parts[part][middle] != "A" else "B"
    parts[part] = parts[part][:middle] + other + parts[part][middle + 1 :]
    return ":".join(parts)


def test_what_is_sealed_opens_and_does_not_show() -> None:
    sealed = sealer(NEW).seal("whsec_é", place=PLACE)

    assert "whsec" not in sealed
    assert is_sealed(sealed)
    assert sealer(NEW).open(sealed, place=PLACE) == "whsec_é"


def test_the_same_text_is_sealed_otherwise_each_time() -> None:
    keys = sealer(NEW)

    assert keys.seal("a", place=PLACE) != keys.seal("a", place=PLACE)


@pytest.mark.parametrize("place", ["webhook_endpoint:2", "signing_key:1", "", "webhook_endpoint:1 "])
def test_what_was_moved_to_another_place_does_not_open(place: str) -> None:
    sealed = sealer(NEW).seal("secret", place=PLACE)

    with pytest.raises(NotOpened):
        sealer(NEW).open(sealed, place=place)


@pytest.mark.parametrize("part", [2, 3, 4])
def test_what_was_changed_does_not_open(part: int) -> None:
    sealed = changed(sealer(NEW).seal("a secret of some length", place=PLACE), part)

    with pytest.raises(NotOpened):
        sealer(NEW).open(sealed, place=PLACE)


def test_the_key_of_one_value_does_not_open_another() -> None:
    keys = sealer(NEW)
    one, two = keys.seal("one", place=PLACE).split(":"), keys.seal("two", place=PLACE).split(":")

    with pytest.raises(NotOpened):
        keys.open(":".join([*one[:4], two[4]]), place=PLACE)


@pytest.mark.parametrize("value", ["whsec_clear", "", "sealed:1", "sealed:1:a:b", "sealed:1:a:é:c", "sealed:2:a:b:c"])
def test_what_is_not_sealed_is_not_taken_for_the_secret(value: str) -> None:
    with pytest.raises(NotOpened):
        sealer(NEW).open(value, place=PLACE)


def test_all_keys_open_and_the_first_one_seals() -> None:
    sealed = sealer(OLD).seal("secret", place=PLACE)
    both = sealer(NEW, OLD)

    assert both.open(sealed, place=PLACE) == "secret"
    assert not both.is_current(sealed)
    assert both.is_current(both.seal("other", place=PLACE))


def test_a_value_that_was_wrapped_anew_needs_the_old_key_no_more() -> None:
    sealed = sealer(OLD).seal("secret", place=PLACE)

    fresh = sealer(NEW, OLD).rewrap(sealed)

    assert sealer(NEW).open(fresh, place=PLACE) == "secret"
    with pytest.raises(NotOpened, match="which is not set"):
        sealer(OLD).open(fresh, place=PLACE)


@pytest.mark.parametrize(
    "written", ["", "short", f"{NEW},", "é" * 44, NEW[:-4]], ids=["none", "short", "one of two", "letters", "cut off"]
)
def test_a_key_that_is_none_is_told_without_being_shown(written: str) -> None:
    problem = master_keys_problem(written)

    assert problem is not None
    assert "proofdesk secrets key" in problem
    assert not written or written not in problem
