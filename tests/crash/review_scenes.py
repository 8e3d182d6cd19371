"""What reviewers do: claim, renew, release, pass on, decide."""

from tests.crash.scene import Arrange, Scene, post
from tests.support.bodies import avatar_body
from tests.support.colleagues import people
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import Api


def claim_the_next_case(desk: Desk, api: Api) -> Scene:
    desk.case_waiting("m-1")
    desk.case_waiting("m-2")
    return post(api, "/v1/review/claims", {}, once="k-1")


def renew_a_claim(desk: Desk, api: Api) -> Scene:
    desk.case_waiting()
    held = desk.claimed()
    return post(api, f"/v1/review/claims/{held.id}/renew", {"token": str(held.token)})


def release_a_claim(desk: Desk, api: Api) -> Scene:
    desk.case_waiting()
    held = desk.claimed()
    body = {"token": str(held.token), "skip_reason": "I know this member."}
    return post(api, f"/v1/review/claims/{held.id}/release", body)


def escalate_a_case(desk: Desk, api: Api) -> Scene:
    desk.case_waiting()
    held = desk.claimed()
    body = {"token": str(held.token), "note": "Is this one person?"}
    return post(api, f"/v1/review/claims/{held.id}/escalate", body, once="k-1")


def hand_a_case_over(desk: Desk, api: Api) -> Scene:
    desk.case_waiting()
    people(desk, "r-2")
    held = desk.claimed()
    body = {"token": str(held.token), "colleague": "r-2"}
    return post(api, f"/v1/review/claims/{held.id}/hand-over", body, once="k-1")


def approve_an_avatar(desk: Desk, api: Api) -> Scene:
    desk.accept(avatar_body(desk.upload(photo())))
    desk.inspect()
    return _decision(desk, api, "approve")


def reject_a_verification(desk: Desk, api: Api) -> Scene:
    desk.case_waiting(kind="verification")
    return _decision(desk, api, "reject")


def approve_a_verification(desk: Desk, api: Api) -> Scene:
    desk.case_waiting(kind="verification")
    return _decision(desk, api, "approve")


def _decision(desk: Desk, api: Api, verdict: str) -> Scene:
    held = desk.claimed()
    body = desk.request(held, verdict).model_dump(mode="json")
    return post(api, f"/v1/review/claims/{held.id}/decision", body, once="k-1")


SCENES: dict[str, Arrange] = {
    "claim the next case": claim_the_next_case,
    "renew a claim": renew_a_claim,
    "release a claim": release_a_claim,
    "escalate a case": escalate_a_case,
    "hand a case over": hand_a_case_over,
    "approve an avatar": approve_an_avatar,
    "reject a verification": reject_a_verification,
    "approve a verification": approve_a_verification,
}
