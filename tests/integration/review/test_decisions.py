from typing import Any
from uuid import uuid4

import pytest

from pipeline.kernel.errors import ClaimExpired, Conflict, Invalid, NotAllowed, Stale
from pipeline.kernel.idempotency import once
from pipeline.notification.tables import mail
from pipeline.review.tables import claim as claim_table
from pipeline.submission.tables import decision
from pipeline.tasks.rules import PUBLISH_AVATAR, SEND_MAIL, UNLOCK_STAGE
from schemas.claims import Claim
from tests.support.bodies import FACTS, avatar_body
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.servers import with_review
from tests.support.together import at_once


def effects(desk: Desk) -> list[str]:
    return [row.kind for row in desk.tasks() if row.kind != "submission.inspect"]


def nothing_happened(desk: Desk, held: Claim, *, state: str = "in_review") -> bool:
    untouched = desk.rows(decision) == [] and desk.rows(mail) == [] and effects(desk) == []
    return untouched and desk.state(held.submission_id) == state


def test_an_approved_avatar_is_to_be_published(desk: Desk) -> None:
    submission = desk.case_waiting()

    decided = desk.approve()

    assert (decided.submission_id, decided.state, desk.state(submission)) == (submission, "approved", "approved")
    assert effects(desk) == [PUBLISH_AVATAR.name]
    assert [row.state for row in desk.rows(claim_table)] == ["decided"]
    assert desk.history(submission)[-1] == "submission.approved"


def test_an_approved_verification_keeps_the_facts_and_the_policy(desk: Desk) -> None:
    submission = desk.case_waiting(kind="verification")

    desk.approve(message="Welcome", note="clear scan")

    assert effects(desk) == [UNLOCK_STAGE.name]
    shown = desk.submission(submission).decision
    assert shown is not None
    assert (shown.verdict, shown.message, shown.policy_version) == ("approve", "Welcome", desk.tools.policy.version)
    (facts,) = shown.facts.values()
    assert facts == {name: FACTS[name] for name in ("period_from", "period_to", "amount", "currency", "company_name")}


def test_a_rejection_keeps_its_reasons_and_is_to_be_mailed(desk: Desk) -> None:
    submission = desk.case_waiting()

    desk.reject(reasons=["group_photo", "poor_quality"])

    assert effects(desk) == [SEND_MAIL.name]
    shown = desk.submission(submission).decision
    assert shown is not None
    assert [each.code for each in shown.reasons] == ["group_photo", "poor_quality"]
    assert shown.reasons[0].text.startswith("The picture shows more than one person.")


def test_effects_wait_for_the_undo_window(desk: Desk) -> None:
    patient = Desk(with_review(desk.tools, undo_window_seconds=60))
    patient.case_waiting()

    decided = patient.approve()

    assert decided.effects_at is not None
    assert (decided.effects_at - decided.decided_at).total_seconds() == 60
    assert patient.run_due() == 0
    assert patient.only_task(PUBLISH_AVATAR).hinted_at is None


def test_a_decision_with_an_expired_claim_is_refused_and_changes_nothing(desk: Desk) -> None:
    desk.case_waiting()
    held = desk.claimed()
    request = desk.request(held)
    desk.let_claim_expire(held)

    with pytest.raises(ClaimExpired):
        desk.decide(held, request)

    assert nothing_happened(desk, held)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [({"token": uuid4()}, ClaimExpired), ({"fence": 10_000}, ClaimExpired), ({"version": 1}, Stale)],
    ids=["token", "fence", "version"],
)
def test_a_decision_on_something_else_than_was_looked_at_is_refused(
    desk: Desk, change: dict[str, Any], refusal: type[Exception]
) -> None:
    desk.case_waiting()
    held = desk.claimed()

    with pytest.raises(refusal):
        desk.decide(held, desk.request(held).model_copy(update=change))

    assert nothing_happened(desk, held)
    assert [row.state for row in desk.rows(claim_table)] == ["live"]


def test_somebody_elses_claim_cannot_be_decided(desk: Desk, api: Api) -> None:
    desk.case_waiting()
    held = desk.claimed("r-2")
    request = desk.request(held).model_dump(mode="json")

    response = api.post(f"/v1/review/claims/{held.id}/decision", request)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert nothing_happened(desk, held)


def test_a_case_is_decided_once(desk: Desk) -> None:
    desk.case_waiting()
    held = desk.claimed()
    request = desk.request(held)
    desk.decide(held, request)

    with pytest.raises(Conflict):
        desk.decide(held, request)

    assert len(desk.rows(decision)) == 1


def test_eight_decisions_at_once_are_one(desk: Desk) -> None:
    desk.case_waiting()
    held = desk.claimed()
    approve, reject = desk.request(held), desk.request(held, "reject")

    decided, refused = at_once(8, lambda number: desk.decide(held, approve if number % 2 else reject))

    assert len(decided) == 1
    assert {type(error) for error in refused} == {ClaimExpired}
    assert [row.verdict for row in desk.rows(decision)] == [decided[0].verdict]
    assert len(effects(desk)) == 1


def test_the_same_request_to_decide_gives_the_same_answer(desk: Desk) -> None:
    desk.case_waiting()
    held = desk.claimed()
    request = desk.request(held)
    key = once(owner="r-1", key="k", operation="decide", sent=request.model_dump(mode="json"))

    first = desk.decide(held, request, once=key)
    second = desk.decide(held, request, once=key)

    assert second == first
    assert len(desk.rows(decision)) == 1


def test_a_newer_avatar_comes_before_the_approval_which_is_refused(desk: Desk) -> None:
    desk.case_waiting()
    held = desk.claimed()
    request = desk.request(held)
    newer = desk.accept(avatar_body())

    with pytest.raises(NotAllowed, match="superseded"):
        desk.decide(held, request)

    assert nothing_happened(desk, held, state="superseded")
    assert desk.state(newer.id) == "received"


def test_a_newer_avatar_comes_after_the_approval_which_stands(desk: Desk) -> None:
    older = desk.case_waiting()
    desk.approve()

    newer = desk.accept(avatar_body())

    assert newer.superseded == ()
    assert (desk.state(older), desk.state(newer.id)) == ("approved", "received")


def test_a_newer_avatar_and_an_approval_at_once_leave_a_whole_story(desk: Desk) -> None:
    older = desk.case_waiting()
    held = desk.claimed()
    request = desk.request(held)

    at_once(2, lambda number: desk.accept(avatar_body()) if number else desk.decide(held, request))

    approved = desk.state(older) == "approved"
    assert len(desk.rows(decision)) == len(desk.rows(mail)) == int(approved)
    assert desk.state(older) in {"approved", "superseded"}


def test_an_approval_without_answers_and_facts_is_refused_with_every_path(desk: Desk, api: Api) -> None:
    desk.case_waiting(kind="verification")
    case = api.post("/v1/review/claims", {}).json()
    held, material = case["claim"], case["materials"][0]["id"]
    request = {"token": held["token"], "fence": held["fence"], "version": case["version"], "verdict": "approve"}
    answers = [{"material_id": material, "checklist": {"period": True, "amount": False}, "facts": {"amount": "12,5"}}]

    bare = api.post(f"/v1/review/claims/{held['id']}/decision", request)
    half = api.post(f"/v1/review/claims/{held['id']}/decision", {**request, "materials": answers})

    assert (bare.status_code, problems(bare)) == (422, [("materials", "missing_answers")])
    assert set(problems(half)) == {
        ("materials.0.facts.amount", "invalid_fact"),
        ("materials.0.facts.period_from", "missing_fact"),
        ("materials.0.facts.period_to", "missing_fact"),
        ("materials.0.facts.currency", "missing_fact"),
        ("materials.0.facts.company_name", "missing_fact"),
        ("materials.0.checklist.amount", "checklist_not_met"),
        ("materials.0.checklist.company_name", "missing_answer"),
    }
    assert nothing_happened(desk, Claim.model_validate(held))


def test_an_unknown_reason_is_refused(desk: Desk) -> None:
    desk.case_waiting()
    held = desk.claimed()

    with pytest.raises(Invalid) as refused:
        desk.decide(held, desk.request(held, "reject", reasons=["bad_mood"]))

    assert [(each.path, each.code) for each in refused.value.problems] == [("reasons.0", "unknown_reason")]
    assert nothing_happened(desk, held)


def test_a_verdict_that_does_not_exist_is_refused(desk: Desk, api: Api) -> None:
    desk.case_waiting()
    held = desk.claimed()
    body = {"token": str(held.token), "fence": held.fence, "version": 2, "verdict": "maybe"}

    response = api.post(f"/v1/review/claims/{held.id}/decision", body)

    assert problems(response) == [("verdict", "unknown_verdict")]


def test_a_zero_byte_in_a_message_is_refused(desk: Desk, api: Api) -> None:
    desk.case_waiting()
    held = desk.claimed()
    body = {**desk.request(held, "reject").model_dump(mode="json"), "message": "no\x00"}

    response = api.post(f"/v1/review/claims/{held.id}/decision", body)

    assert problems(response) == [("message", "invalid_value")]
