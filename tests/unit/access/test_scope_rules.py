"""What the scopes of a key open, and which keys there may be."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from pipeline.access.rules.keys import RESERVED, UNBOUNDED, Bounds, key_problems, overlap_problem
from pipeline.access.rules.scopes import BUNDLES, Scope, beyond, granted, reaches_all
from pipeline.ownership.rules import EVERYTHING, NOTHING, Reach
from web.api.scopes import SCOPES

S = Scope


def test_reading_and_writing_do_not_include_each_other() -> None:
    single = [scope for scope in Scope if scope not in BUNDLES]

    assert {scope: granted([scope]) for scope in single} == {
        scope: {scope, Scope(scope.removesuffix(":all"))} for scope in single
    }


@pytest.mark.parametrize(
    ("scopes", "resources", "all_of_them"),
    [
        ([S.SUBMIT], {"submit", "submissions", "members", "events", "sessions"}, False),
        ([S.SUBMIT_ALL], {"submit", "submissions", "members", "events", "sessions"}, True),
        ([S.REVIEW], {"review"}, True),
        ([S.ADMIN], {scope.resource for scope in Scope}, True),
        (["heaven:read"], set(), True),
        ([], set(), True),
    ],
)
def test_a_bundle_opens_resources(scopes: Sequence[str], resources: set[str], *, all_of_them: bool) -> None:
    opened = granted(scopes)

    assert {scope.resource for scope in opened} == resources
    assert all(reaches_all(scopes, scope) for scope in opened) is all_of_them


@pytest.mark.parametrize(
    ("scopes", "needed", "everything"),
    [
        ([S.MEMBERS_READ], S.MEMBERS_READ, False),
        ([S.MEMBERS_READ_ALL], S.MEMBERS_READ, True),
        ([S.MEMBERS_READ, S.EVENTS_READ_ALL], S.MEMBERS_READ, False),
        ([S.MEMBERS_READ, S.MEMBERS_WRITE_ALL], S.MEMBERS_READ, False),
        ([S.SUBMIT, S.MEMBERS_READ_ALL], S.MEMBERS_READ, True),
        ([S.REVIEW_READ], S.REVIEW_READ, True),
        ([S.EVENTS_WRITE_ALL], S.EVENTS_WRITE_ALL, True),
        ([], S.MEMBERS_READ, False),
    ],
)
def test_only_a_scope_that_says_all_reaches_what_others_sent(
    scopes: Sequence[Scope], needed: Scope, *, everything: bool
) -> None:
    assert reaches_all(scopes, needed) is everything


@pytest.mark.parametrize(
    ("wanted", "mine", "more"),
    [
        ([S.SUBMIT], [S.ADMIN], []),
        ([S.EVENTS_READ], [S.SUBMIT], []),
        ([S.EVENTS_READ_ALL], [S.SUBMIT], [S.EVENTS_READ_ALL]),
        ([S.REVIEW], [S.REVIEW_READ], [S.REVIEW, S.REVIEW_WRITE]),
        ([S.ADMIN_WRITE], [S.ADMIN_READ], [S.ADMIN_WRITE]),
    ],
)
def test_what_one_key_may_beyond_another(wanted: Sequence[Scope], mine: Sequence[Scope], more: list[Scope]) -> None:
    assert beyond(wanted, mine) == more


def test_every_single_scope_opens_a_route() -> None:
    needed = {scope for scope in Scope if scope not in BUNDLES and not (scope.is_for_all and ":all" in scope)}

    assert needed <= set(SCOPES.values())


@pytest.mark.parametrize(
    ("reach", "covered"),
    [
        (EVERYTHING, ["a-1", "a-10", "b-1"]),
        (NOTHING, []),
        (Reach(prefix="a-"), ["a-1", "a-10"]),
        (Reach(prefix="a-1"), ["a-1", "a-10"]),
        (Reach(prefix="A-"), []),
        (Reach(member_id="a-1"), ["a-1"]),
        (Reach(member_id="a-1", prefix="b-"), []),
        (Reach(service="shop"), ["a-1", "a-10", "b-1"]),
    ],
)
def test_a_reach_covers_members(reach: Reach, covered: list[str]) -> None:
    assert [member for member in ("a-1", "a-10", "b-1") if reach.covers(member)] == covered


@pytest.mark.parametrize(
    ("scopes", "reviewer", "bounds", "wrong"),
    [
        ([S.SUBMIT], None, UNBOUNDED, []),
        ([S.ADMIN], None, UNBOUNDED, []),
        ([S.REVIEW], "r-1", UNBOUNDED, []),
        ([S.SUBMIT_ALL], None, Bounds("shop-1", "shop-1-", timedelta(days=90)), []),
        ([], None, UNBOUNDED, ["scopes"]),
        ([S.REVIEW], None, UNBOUNDED, ["reviewer"]),
        ([S.REVIEW_READ], None, UNBOUNDED, ["reviewer"]),
        ([S.ADMIN, S.REVIEW], None, UNBOUNDED, ["reviewer"]),
        ([S.ADMIN], None, Bounds(members_prefix="shop-1-"), ["members_prefix"]),
        ([S.ADMIN_READ], None, Bounds(members_prefix="shop-1-"), ["members_prefix"]),
        ([S.REVIEW], "r-1", Bounds(members_prefix="shop-1-"), ["members_prefix"]),
        ([S.SUBMIT], None, Bounds(members_prefix=""), ["members_prefix"]),
        ([S.SUBMIT], None, Bounds(members_prefix="shop-1"), ["members_prefix"]),
        ([S.SUBMIT], None, Bounds(members_prefix="a%-"), ["members_prefix"]),
        ([S.SUBMIT], None, Bounds(members_prefix="a\n"), ["members_prefix"]),
        ([S.SUBMIT], None, Bounds(members_prefix="a" * 100 + "-"), ["members_prefix"]),
        ([S.SUBMIT], None, Bounds(service=""), ["service"]),
        ([S.SUBMIT], None, Bounds(service="member:m-1"), ["service"]),
        ([S.SUBMIT], None, Bounds(service="Shop"), ["service"]),
        ([S.SUBMIT], None, Bounds(service="a" * 65), ["service"]),
        ([S.SUBMIT], None, Bounds(lasts=timedelta(0)), ["expires_in"]),
        ([S.SUBMIT], None, Bounds(lasts=timedelta(days=-1)), ["expires_in"]),
        ([S.SUBMIT], None, Bounds(lasts=timedelta(days=3651)), ["expires_in"]),
        ([], None, Bounds("", "", timedelta(0)), ["scopes", "members_prefix", "service", "expires_in"]),
    ],
)
def test_which_keys_there_may_be(scopes: list[Scope], reviewer: str | None, bounds: Bounds, wrong: list[str]) -> None:
    assert [problem.path for problem in key_problems(scopes, reviewer_id=reviewer, bounds=bounds)] == wrong


@pytest.mark.parametrize("service", sorted(RESERVED))
def test_no_key_is_of_a_service_that_stands_for_another_door(service: str) -> None:
    found = key_problems([S.SUBMIT], reviewer_id=None, bounds=Bounds(service=service))

    assert [problem.path for problem in found] == ["service"]


@pytest.mark.parametrize(("hours", "sound"), [(0, True), (24, True), (720, True), (721, False), (-1, False)])
def test_how_long_a_rotated_key_may_stay_valid(hours: int, *, sound: bool) -> None:
    assert (overlap_problem(timedelta(hours=hours), timedelta(hours=720)) is None) is sound
