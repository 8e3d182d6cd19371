"""Escalating, handing over, and what somebody who comes too late is told."""

import json
from uuid import UUID

import pytest

from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.kernel.errors import ClaimCapReached, ClaimExpired, ColleagueNotEligible, Forbidden
from pipeline.review.cases.queue_stats import claims_of
from pipeline.review.claims.service import release, sweep_claims
from pipeline.review.tables import claim as claim_table
from pipeline.workflows.reviewers import disable
from tests.support.bodies import avatar_body
from tests.support.colleagues import careful, handed, passed_up, people, seniors, taken_up
from tests.support.desk import Desk
from tests.support.http import Api


def test_a_senior_reads_why_a_case_was_escalated(desk: Desk) -> None:
    submission = desk.case_waiting()
    seniors(desk, "s-1")
    passed_up(desk, desk.claimed("r-1"), "Two people in it?")

    case = desk.case(desk.claimed("s-1"))

    assert (case.submission_id, case.queue) == (submission, "senior")
    assert [(each.reviewer, each.note) for each in case.escalations] == [("r-1", "Two people in it?")]
    assert [row.state for row in desk.rows(claim_table)] == ["escalated", "live"]
    assert "claim.escalated" in desk.history(submission)


def test_a_senior_who_escalates_leaves_it_to_another_one(desk: Desk) -> None:
    desk.case_waiting()
    seniors(desk, "s-1", "s-2")
    passed_up(desk, desk.claimed("s-1"))

    assert desk.claim_next("s-1") is None
    with pytest.raises(Forbidden):
        passed_up(desk, desk.claimed("s-2"))


def test_who_was_disabled_is_given_no_case_and_offered_none(desk: Desk) -> None:
    desk.case_waiting()
    people(desk, "r-2")
    people(desk, "ada", roles=(Role.ADMIN,))
    held = desk.claimed("r-1")
    disable("r-2", actor="ada", db=desk.tools.db)

    with pytest.raises(ColleagueNotEligible):
        handed(desk, held, "r-2")
    with pytest.raises(Forbidden):
        desk.claim_next("r-2")


def test_a_case_that_is_handed_over_is_the_colleagues_alone(desk: Desk) -> None:
    submission = desk.case_waiting()
    people(desk, "r-2", "r-3")
    offered = handed(desk, desk.claimed("r-1"), "r-2", "You know this trade")

    assert desk.claim_next("r-3") is None
    (mine,) = claims_of("r-2", context=desk.tools.review).claims
    assert (mine.offered, mine.claim.submission_id, mine.claim.lease_until) == (True, submission, offered.until)

    taken = desk.claimed("r-2")

    case = desk.case(taken)
    assert (taken.id, case.offer and (case.offer.reviewer, case.offer.note)) == (
        mine.claim.id,
        ("r-1", "You know this trade"),
    )
    assert taken.lease_until != offered.until
    assert desk.approve(taken).state == "approved"


def test_what_is_offered_comes_before_the_queue_and_does_not_count_until_it_is_taken_up(desk: Desk) -> None:
    strict = careful(desk, claims_per_reviewer=1)
    strict.case_waiting("m-1")
    people(strict, "r-2")
    handed(strict, strict.claimed("r-1"), "r-2")
    strict.case_waiting("m-2")
    (offer,) = claims_of("r-2", context=strict.tools.review).claims

    assert strict.claimed("r-2").id == offer.claim.id
    with pytest.raises(ClaimCapReached):
        strict.claim_next("r-2")


def test_an_offer_is_taken_up_once_and_only_under_the_cap(desk: Desk) -> None:
    strict = careful(desk, claims_per_reviewer=1)
    strict.case_waiting("m-1")
    strict.case_waiting("m-2")
    given, kept = strict.claimed("r-1"), strict.claimed("r-2")
    handed(strict, given, "r-2")
    (offer,) = [each for each in claims_of("r-2", context=strict.tools.review).claims if each.offered]

    with pytest.raises(ClaimCapReached):
        taken_up(strict, offer.claim.id, "r-2")
    release(kept.id, kept.token, reviewer_id="r-2", context=strict.tools.review)
    taken = taken_up(strict, offer.claim.id, "r-2")
    release(taken.id, taken.token, reviewer_id="r-2", context=strict.tools.review)
    with pytest.raises(ClaimExpired):
        taken_up(strict, offer.claim.id, "r-2")


def test_an_offer_that_runs_out_is_the_queues_again(desk: Desk) -> None:
    submission = desk.case_waiting()
    people(desk, "r-2", "r-3")
    handed(desk, desk.claimed("r-1"), "r-2")
    (offer,) = claims_of("r-2", context=desk.tools.review).claims
    desk.let_claim_expire(offer.claim)

    assert desk.claimed("r-3").submission_id == submission
    with pytest.raises(ClaimExpired):
        taken_up(desk, offer.claim.id, "r-2")
    assert [row.state for row in desk.rows(claim_table)] == ["handed_over", "expired", "live"]


def test_only_a_colleague_who_may_have_the_case_is_offered_it(desk: Desk, api: Api) -> None:
    desk.case_waiting("m-1")
    people(desk, "r-2", "m-1")
    people(desk, "r-rel", related_members=["m-1"])
    add_reviewer("l-1", roles=[], db=desk.tools.db)
    desk.sql("UPDATE reviewer SET roles = '{lead}' WHERE id = 'l-1'")
    held = desk.claimed("r-1")

    listed = api.call("GET", f"/v1/review/claims/{held.id}/colleagues", key=api.review_key).json()

    assert [each["id"] for each in listed] == ["r-2"]
    for nobody in ("m-1", "r-rel", "l-1", "r-1", "stranger"):
        with pytest.raises(ColleagueNotEligible):
            handed(desk, held, nobody)
    assert [row.state for row in desk.rows(claim_table)] == ["live"]


def test_what_was_escalated_is_handed_to_seniors_only(desk: Desk) -> None:
    desk.case_waiting()
    seniors(desk, "s-1", "s-2")
    people(desk, "r-2")
    passed_up(desk, desk.claimed("r-1"))
    held = desk.claimed("s-1")

    with pytest.raises(ColleagueNotEligible):
        handed(desk, held, "r-2")

    assert handed(desk, held, "s-2").colleague == "s-2"


def test_whoever_comes_too_late_is_told_who_decided_what_and_when(desk: Desk, api: Api) -> None:
    submission = desk.case_waiting()
    people(desk, "r-2", name="Mei Lee")
    late = desk.claimed("r-1")
    body = desk.request(late).model_dump(mode="json")
    desk.let_claim_expire(late)
    decided = desk.reject(desk.claimed("r-2"))

    answer = api.post(f"/v1/review/claims/{late.id}/decision", body)

    told = answer.json()
    assert (answer.status_code, told["code"]) == (409, "claim_expired")
    assert UUID(told["became"].pop("submission_id")) == submission
    at = told["became"].pop("at")
    assert told["became"].pop("reasons") == ["group_photo"]
    assert told["became"] == {
        "state": "rejected",
        "by": "r-2",
        "name": "Mei Lee",
        "verdict": "reject",
        "claimed": False,
    }
    assert at.startswith(f"{decided.decided_at:%Y-%m-%dT%H:%M:%S}")
    assert f"Mei Lee decided it at {decided.decided_at:%Y-%m-%d %H:%M} UTC: reject." in told["detail"]


def test_whoever_decides_on_what_has_ended_meanwhile_is_told_what_became_of_it(desk: Desk, api: Api) -> None:
    desk.case_waiting()
    held = desk.claimed("r-1")
    body = desk.request(held).model_dump(mode="json")
    desk.accept(avatar_body())

    answer = api.post(f"/v1/review/claims/{held.id}/decision", body).json()

    assert (answer["code"], answer["became"]["state"], answer["became"]["by"]) == ("not_allowed", "superseded", None)


def test_whoever_comes_too_late_for_an_opinion_is_not_told_what_it_is(desk: Desk, api: Api) -> None:
    double = careful(desk, "avatar")
    double.case_waiting()
    late = double.claimed("r-1")
    double.let_claim_expire(late)
    double.reject(double.claimed("r-2"))

    answer = api.over(double.tools).post(f"/v1/review/claims/{late.id}/release", {"token": str(late.token)})

    assert answer.status_code == 409
    assert "reject" not in json.dumps(answer.json())
    assert (answer.json()["became"]["state"], answer.json()["became"]["by"]) == ("in_review", None)


def test_passing_on_over_http_takes_effect_once(desk: Desk, api: Api) -> None:
    desk.case_waiting("m-1")
    desk.case_waiting("m-2")
    people(desk, "r-2")
    first, second = desk.claimed("r-1"), desk.claimed("r-1")
    escalation = {"token": str(first.token), "note": "Please look"}
    offer = {"token": str(second.token), "colleague": "r-2"}

    escalated = [api.post(f"/v1/review/claims/{first.id}/escalate", escalation, once="k-1") for _ in range(2)]
    offered = [api.post(f"/v1/review/claims/{second.id}/hand-over", offer, once="k-2") for _ in range(2)]
    held = api.call("GET", "/v1/review/claims", key=api.review_key).json()["claims"]

    assert [each.status_code for each in escalated] == [204, 204]
    assert [each.status_code for each in offered] == [200, 200]
    assert offered[0].json() == offered[1].json()
    assert held == []
    assert sweep_claims(desk.tools.db) == 0
    (waiting,) = claims_of("r-2", context=desk.tools.review).claims
    assert taken_up(desk, waiting.claim.id, "r-2").reviewer == "r-2"
