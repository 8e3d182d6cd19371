"""Whoever is disabled has no case, also where one is given to them at that moment, in both orders."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import pytest

from pipeline.access.staff.accounts import end_access
from pipeline.access.staff.rules.roles import Role
from pipeline.kernel.errors import ColleagueNotEligible, Forbidden
from pipeline.review.claims.grant import end_all_claims
from pipeline.review.claims.handover import take_up
from pipeline.review.claims.lease import reclaim
from pipeline.review.decisions.undo import undo
from pipeline.review.tables import claim
from pipeline.workflows.reviewers import disable
from schemas.claims import HandedOver
from tests.support.colleagues import careful, handed, people, seniors
from tests.support.desk import Desk
from tests.support.overlap import SECONDS, outcome, overlapping
from tests.support.together import until
from tests.support.undoing import patient

Give = Callable[[], Any]

WHO: Final = "r-2"


@pytest.fixture
def staffed(desk: Desk) -> Desk:
    made = patient(desk)
    people(made, WHO)
    people(made, "ada", roles=(Role.ADMIN,))
    return made


def a_hand_over(desk: Desk) -> Give:
    desk.case_waiting()
    held = desk.claimed("r-1")
    return lambda: handed(desk, held, WHO)


def an_undo(desk: Desk) -> Give:
    desk.case_waiting()
    decided = desk.approve(desk.claimed(WHO))
    return lambda: undo(decided.id, reviewer_id=WHO, context=desk.tools.review)


def an_undone_opinion(desk: Desk) -> Give:
    seniors(desk, "s-1")
    double = careful(desk, "avatar")
    double.case_waiting()
    given = double.approve(double.claimed(WHO))
    return lambda: undo(given.id, reviewer_id=WHO, context=double.tools.review)


def a_case_that_is_taken_again(desk: Desk) -> Give:
    desk.case_waiting()
    left = desk.claimed(WHO)
    desk.let_claim_expire(left)
    return lambda: reclaim(left.id, reviewer_id=WHO, context=desk.tools.review)


def a_case_that_is_taken_up(desk: Desk) -> Give:
    a_hand_over(desk)()
    (offered,) = [row for row in desk.rows(claim) if row.state == "live"]
    return lambda: take_up(offered.id, reviewer_id=WHO, context=desk.tools.review)


def a_next_case(desk: Desk) -> Give:
    desk.case_waiting()
    return lambda: desk.claim_next(WHO)


EACH = pytest.mark.parametrize(
    "given",
    [a_hand_over, an_undo, an_undone_opinion, a_case_that_is_taken_again, a_case_that_is_taken_up, a_next_case],
)


def live(desk: Desk) -> list[Any]:
    return [row for row in desk.rows(claim) if row.state == "live" and row.reviewer_id == WHO]


@EACH
def test_who_is_being_disabled_is_given_no_case(staffed: Desk, given: Callable[[Desk], Give]) -> None:
    give = given(staffed)

    with ThreadPoolExecutor(1) as pool:
        with staffed.tools.db.begin() as connection:
            end_access(connection, WHO, actor="ada")
            end_all_claims(connection, WHO)
            going: Future[Any] = pool.submit(give)  # nothing of this has committed yet
            until(lambda: going.done() or staffed.waiting_for_locks() == 1, seconds=SECONDS)
        came_to = outcome(going)

    assert live(staffed) == []
    assert isinstance(came_to, ColleagueNotEligible | Forbidden)


@EACH
def test_who_is_disabled_while_a_case_is_given_to_them_loses_it(staffed: Desk, given: Callable[[Desk], Give]) -> None:
    give = given(staffed)

    overlapping(staffed, give, lambda: disable(WHO, actor="ada", db=staffed.tools.db))

    assert live(staffed) == []


def test_what_was_handed_over_first_waits_for_everybody_again(staffed: Desk) -> None:
    give = a_hand_over(staffed)

    handed_over, _ = overlapping(staffed, give, lambda: disable(WHO, actor="ada", db=staffed.tools.db))

    assert isinstance(handed_over, HandedOver)
    assert staffed.claim_next("r-1") is not None
