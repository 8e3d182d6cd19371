from uuid import uuid4

import pytest

from pipeline.access.staff.reviewers import add_reviewer
from pipeline.kernel.errors import ClaimCapReached, ClaimExpired, NotFound
from pipeline.review.claims.grant import grant
from pipeline.review.claims.lease import renew
from pipeline.review.claims.service import release, sweep_claims
from pipeline.review.tables import claim as claim_table
from schemas.claims import Claim
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.servers import with_review
from tests.support.together import at_once


def let_go(desk: Desk, held: Claim, *, skip: str | None = None) -> None:
    release(held.id, held.token, reviewer_id=held.reviewer, context=desk.tools.review, skip_reason=skip)


def test_a_claim_has_a_token_a_lease_and_a_fence_that_grows(desk: Desk) -> None:
    desk.case_waiting("m-1")
    desk.case_waiting("m-2")

    first, second = desk.claimed("r-1"), desk.claimed("r-2")

    assert first.token != second.token
    assert second.fence > first.fence
    assert desk.sql("SELECT count(*) FROM claim WHERE lease_until > now() + interval '9 minutes'") == [(2,)]


def test_a_reviewer_holds_no_more_cases_than_the_cap(desk: Desk) -> None:
    waiting = [desk.case_waiting(f"m-{number}") for number in range(5)]
    held = [desk.claimed(), desk.claimed(), desk.claimed()]

    with pytest.raises(ClaimCapReached, match="You hold 3 cases"):
        desk.claim_next()

    assert (len(waiting), len(held)) == (5, 3)
    let_go(desk, held[0])
    assert desk.claim_next() is not None


def test_ten_requests_of_one_reviewer_at_once_do_not_pass_the_cap(desk: Desk) -> None:
    waiting = [desk.case_waiting(f"m-{number}") for number in range(10)]
    add_reviewer("r-1", db=desk.tools.db)

    given, raised = at_once(10, lambda _: desk.claim_next())

    assert len(waiting) == 10
    assert len([each for each in given if each]) == 3
    assert {type(error) for error in raised} == {ClaimCapReached}


def test_a_claim_that_ran_out_does_not_count_against_the_cap(desk: Desk) -> None:
    waiting = [desk.case_waiting(f"m-{number}") for number in range(4)]
    held = [desk.claimed(), desk.claimed(), desk.claimed()]
    desk.let_claim_expire(held[0])

    assert desk.claim_next() is not None
    assert len(waiting) == 4


def test_a_claim_is_renewed_from_now(desk: Desk) -> None:
    desk.case_waiting()
    held = desk.claimed()
    desk.sql("UPDATE claim SET lease_until = now() + interval '5 seconds'")

    renewed = renew(held.id, held.token, reviewer_id="r-1", context=desk.tools.review)

    assert (renewed.id, renewed.fence) == (held.id, held.fence)
    assert desk.sql("SELECT lease_until > now() + interval '9 minutes' FROM claim") == [(True,)]


@pytest.mark.parametrize("other", ["token", "reviewer"])
def test_a_claim_is_renewed_and_released_by_its_holder_only(desk: Desk, other: str) -> None:
    desk.case_waiting()
    held = desk.claimed()
    add_reviewer("r-2", db=desk.tools.db)
    token = uuid4() if other == "token" else held.token
    reviewer = "r-2" if other == "reviewer" else "r-1"
    refusal = ClaimExpired if other == "token" else NotFound

    with pytest.raises(refusal):
        renew(held.id, token, reviewer_id=reviewer, context=desk.tools.review)
    with pytest.raises(refusal):
        release(held.id, token, reviewer_id=reviewer, context=desk.tools.review)

    (row,) = desk.rows(claim_table)
    assert (row.state, row.renewed_at) == ("live", None)


def test_a_claim_that_ran_out_is_not_renewed_and_its_case_goes_to_the_next(desk: Desk) -> None:
    submission = desk.case_waiting()
    held = desk.claimed("r-1")
    desk.let_claim_expire(held)

    with pytest.raises(ClaimExpired):
        renew(held.id, held.token, reviewer_id="r-1", context=desk.tools.review)

    taken = desk.claimed("r-2")
    assert taken.submission_id == submission
    assert taken.fence > held.fence
    assert [row.state for row in desk.rows(claim_table)] == ["expired", "live"]


def test_the_relay_puts_cases_back_whose_claim_ran_out_or_whose_case_is_closed(desk: Desk, api: Api) -> None:
    desk.case_waiting("m-1")
    withdrawn = desk.case_waiting("m-2")
    desk.case_waiting("m-3")
    held = [desk.claimed(), desk.claimed(), desk.claimed()]
    desk.let_claim_expire(held[0])
    api.post(f"/v1/submissions/{withdrawn}/withdraw")

    swept, _ = at_once(4, lambda _: sweep_claims(desk.tools.db))

    assert sum(swept) == 2
    assert [row.state for row in desk.rows(claim_table)] == ["expired", "expired", "live"]


def test_all_that_happens_to_a_claim_is_in_the_history(desk: Desk) -> None:
    submission = desk.case_waiting()
    first = desk.claimed()
    renew(first.id, first.token, reviewer_id="r-1", context=desk.tools.review)
    let_go(desk, first)
    desk.let_claim_expire(desk.claimed())
    desk.reject(desk.claimed("r-2"))

    told = [each for each in desk.history(submission) if each.startswith("claim.")]

    assert told == ["claim.taken", "claim.renewed", "claim.released", "claim.taken", "claim.expired", "claim.taken"]


def test_the_history_names_the_claim_and_its_fence(desk: Desk) -> None:
    desk.case_waiting()

    held = desk.claimed()

    (told,) = desk.sql("SELECT actor, submission_id, detail FROM audit WHERE event = 'claim.taken'")
    assert tuple(told) == ("r-1", held.submission_id, {"claim_id": str(held.id), "fence": held.fence})


def test_a_case_that_somebody_holds_is_granted_to_nobody_else_and_no_history_says_so(desk: Desk) -> None:
    submission = desk.case_waiting()
    desk.claimed("r-1")
    add_reviewer("r-2", db=desk.tools.db)

    with desk.tools.db.begin() as connection:
        second = grant(connection, submission, reviewer_id="r-2", policy=desk.tools.policy)

    assert second is None
    assert desk.sql("SELECT actor FROM audit WHERE event = 'claim.taken'") == [("r-1",)]


def test_the_same_request_to_claim_gives_the_same_case(desk: Desk, api: Api) -> None:
    desk.case_waiting("m-1")
    desk.case_waiting("m-2")

    first = api.post("/v1/review/claims", {}, once="once").json()
    second = api.post("/v1/review/claims", {}, once="once").json()

    assert second["claim"] == first["claim"]
    assert desk.sql("SELECT count(*) FROM claim") == [(1,)]


def test_the_cap_is_the_policys(desk: Desk) -> None:
    waiting = [desk.case_waiting(f"m-{number}") for number in range(2)]
    strict = Desk(with_review(desk.tools, claims_per_reviewer=1))
    strict.claimed()

    with pytest.raises(ClaimCapReached):
        strict.claim_next()

    assert len(waiting) == 2
