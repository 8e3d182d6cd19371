"""What may happen at the same moment, in both orders; the barriers are locks that the test holds."""

from collections.abc import Callable

import pytest

from pipeline.intake.accept import withdraw
from pipeline.kernel.errors import ClaimExpired, NotAllowed
from pipeline.kernel.idempotency import once
from pipeline.review.claims.service import sweep_claims
from pipeline.review.tables import claim as claim_table
from pipeline.submission.lifecycle import State
from pipeline.submission.tables import decision
from schemas.claims import Claim
from schemas.decisions import Decided
from schemas.submissions import Accepted
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.overlap import KEYS, begun, in_the_middle, outcome, overlapping
from tests.support.together import at_once


def deciding(desk: Desk, taken: Claim, verdict: str = "approve") -> Callable[[], Decided]:
    """With a key, so that it can be held at its beginning."""
    request = desk.request(taken, verdict)
    key = once(owner="r-1", key="k", operation="decide", sent=request.model_dump(mode="json"))
    return lambda: desk.decide(taken, request, once=key)


def let_leases_end(desk: Desk) -> None:
    """A transaction that began before began in time."""
    desk.sql("UPDATE claim SET lease_until = now()")


def newer_avatar(desk: Desk) -> Callable[[], Accepted]:
    return lambda: desk.accept(avatar_body())


def test_a_claim_that_runs_out_under_a_decision_that_began_in_time_is_decided(desk: Desk) -> None:
    """The lease ended after the decision began; the sweep leaves alone what somebody is changing."""
    desk.case_waiting()
    taken = desk.claimed()
    with in_the_middle(desk, deciding(desk, taken), meanwhile=lambda: let_leases_end(desk)) as going:
        swept = sweep_claims(desk.tools.db)

    assert swept == 0
    assert isinstance(outcome(going), Decided)
    assert [row.state for row in desk.rows(claim_table)] == ["decided"]


def test_a_claim_that_is_swept_before_the_decision_comes_to_it_is_not_decided(desk: Desk) -> None:
    """The decision began in time, and lost time at the door."""
    submission = desk.case_waiting()
    taken = desk.claimed()
    with begun(desk, deciding(desk, taken), door=KEYS) as late:
        let_leases_end(desk)
        swept = sweep_claims(desk.tools.db)

    assert swept == 1
    assert isinstance(outcome(late), ClaimExpired)
    assert (desk.state(submission), desk.rows(decision)) == ("in_review", [])
    assert desk.claimed("r-2").submission_id == submission


def test_an_approval_that_comes_before_the_newer_avatar_stands_and_the_newer_one_is_accepted(desk: Desk) -> None:
    older = desk.case_waiting()
    taken = desk.claimed()

    decided, newer = overlapping(desk, deciding(desk, taken), newer_avatar(desk))

    assert isinstance(decided, Decided)
    assert isinstance(newer, Accepted)
    assert newer.superseded == ()
    assert (desk.state(older), desk.state(newer.id)) == ("approved", "received")


def test_a_newer_avatar_that_comes_before_the_approval_closes_the_older_one(desk: Desk) -> None:
    older = desk.case_waiting()
    taken = desk.claimed()

    newer, decided = overlapping(desk, newer_avatar(desk), deciding(desk, taken))

    assert newer.superseded == (older,)
    assert isinstance(decided, NotAllowed)
    assert (desk.state(older), desk.rows(decision)) == ("superseded", [])


def test_a_newer_avatar_that_comes_after_the_older_one_was_withdrawn_is_accepted(desk: Desk) -> None:
    older = desk.case_waiting()

    state, newer = overlapping(desk, lambda: withdraw(older, caller="upstream", db=desk.tools.db), newer_avatar(desk))

    assert state is State.WITHDRAWN
    assert newer.superseded == ()
    assert desk.state(newer.id) == "received"


def test_a_decision_that_is_sent_twice_at_once_is_one_and_both_are_told_it(desk: Desk) -> None:
    desk.case_waiting()
    decide = deciding(desk, desk.claimed())

    answers, raised = at_once(6, lambda _: decide())

    assert raised == []
    assert len(answers) == 6
    assert {each.id for each in answers} == {row.id for row in desk.rows(decision)}
    assert len(desk.rows(decision)) == 1


@pytest.mark.parametrize(("earlier", "later"), [("approve", "reject"), ("reject", "approve")])
def test_of_two_decisions_on_one_claim_the_first_one_stands(desk: Desk, earlier: str, later: str) -> None:
    submission = desk.case_waiting()
    taken = desk.claimed()
    first, second = desk.request(taken, earlier), desk.request(taken, later)

    decided, refused = overlapping(desk, lambda: desk.decide(taken, first), lambda: desk.decide(taken, second))

    assert isinstance(refused, ClaimExpired)
    assert [row.verdict for row in desk.rows(decision)] == [earlier]
    assert desk.state(submission) == decided.state


def test_a_request_to_claim_that_is_sent_twice_at_once_takes_one_case(desk: Desk, api: Api) -> None:
    desk.case_waiting("m-1")
    desk.case_waiting("m-2")

    answers, raised = at_once(4, lambda _: api.post("/v1/review/claims", {}, once="once").json()["claim"]["id"])

    assert raised == []
    assert len(answers) == 4
    assert {str(row.id) for row in desk.rows(claim_table)} == set(answers)
    assert len(desk.rows(claim_table)) == 1
