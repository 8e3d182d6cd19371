"""Who comes back to a case that they left, and what becomes of the cases of somebody who is let in no more."""

from uuid import UUID

import pytest

from pipeline.access.staff.accounts import change
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.kernel.errors import ClaimExpired, Forbidden
from pipeline.review.claims.lease import reclaim
from pipeline.review.claims.service import release
from pipeline.review.tables import claim as claim_table
from pipeline.workflows.reviewers import disable
from schemas.claims import Claim
from tests.support.colleagues import handed, passed_up, people, seniors
from tests.support.desk import Desk


def left(desk: Desk, held: Claim) -> UUID:
    release(held.id, held.token, reviewer_id=held.reviewer, context=desk.tools.review)
    return held.id


def back(desk: Desk, claim_id: UUID, reviewer: str) -> Claim:
    return reclaim(claim_id, reviewer_id=reviewer, context=desk.tools.review)


def test_who_left_a_case_comes_back_to_it(desk: Desk) -> None:
    submission = desk.case_waiting()
    claim_id = left(desk, desk.claimed("r-1"))

    again = back(desk, claim_id, "r-1")

    assert (again.submission_id, again.id != claim_id) == (submission, True)
    assert desk.approve(again).state == "approved"


def test_who_lost_the_role_for_a_case_does_not_come_back_to_it(desk: Desk) -> None:
    desk.case_waiting()
    seniors(desk, "s-1")
    people(desk, "ada", roles=(Role.ADMIN,))
    passed_up(desk, desk.claimed("r-1"))
    claim_id = left(desk, desk.claimed("s-1"))
    change("s-1", roles=[Role.REVIEWER], languages=[], actor="ada", db=desk.tools.db)

    with pytest.raises(Forbidden, match="needs the role senior"):
        back(desk, claim_id, "s-1")

    assert [row.state for row in desk.rows(claim_table)] == ["escalated", "released"]


def test_who_has_to_do_with_the_member_by_now_does_not_come_back_to_their_case(desk: Desk) -> None:
    desk.case_waiting("m-1")
    claim_id = left(desk, desk.claimed("r-1"))
    add_reviewer("r-1", related_members=["m-1"], db=desk.tools.db)

    with pytest.raises(Forbidden, match="with whom you have to do"):
        back(desk, claim_id, "r-1")


def test_what_somebody_held_waits_again_once_they_are_disabled(desk: Desk) -> None:
    submissions = {desk.case_waiting("m-1"), desk.case_waiting("m-2")}
    people(desk, "r-2", "r-3")
    people(desk, "ada", roles=(Role.ADMIN,))
    held = desk.claimed("r-2")
    handed(desk, desk.claimed("r-1"), "r-2")

    disable("r-2", actor="ada", db=desk.tools.db)

    with pytest.raises(ClaimExpired, match="has ended"):
        desk.approve(held)
    assert {desk.claimed("r-3").submission_id, desk.claimed("r-3").submission_id} == submissions
    assert desk.history(held.submission_id)[-2:] == ["claim.released", "claim.taken"]
