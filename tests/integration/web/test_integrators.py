"""What an integrator's tools take from the API's description, and from the headers of its errors."""

from typing import Any, Final, get_args

import pytest

from pipeline.submission.lifecycle import State
from schemas.events import EVENTS
from schemas.states import SubmissionState
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.methods import sent
from tests.support.openapi import document

KEYED: Final = (
    "/v1/submissions",
    "/v1/members/{member_id}/points/redemptions",
    "/v1/members/{member_id}/points/corrections",
    "/v1/members/{member_id}/membership/corrections",
    "/v1/membership/spend-reviews/{review_id}/settlement",
)


def key_of(path: str) -> dict[str, Any]:
    given: list[dict[str, Any]] = document()["paths"][path]["post"]["parameters"]
    (found,) = [each for each in given if each["name"] == "Idempotency-Key"]
    return found


def test_the_states_of_the_description_are_those_of_the_table() -> None:
    assert set(get_args(SubmissionState)) == set(State)


@pytest.mark.parametrize(
    "shape", ["SubmissionView", "SubmissionLine", "Accepted", "CodeAnswer", "UnderReview", "EffectView"]
)
def test_each_state_in_an_answer_is_one_of_a_list(shape: str) -> None:
    state = document()["components"]["schemas"][shape]["properties"]["state"]

    assert len(state["enum"]) > 2


@pytest.mark.parametrize("path", KEYED)
def test_a_key_that_must_be_sent_is_required(path: str) -> None:
    assert key_of(path)["required"] is True
    assert key_of(path)["schema"]["type"] == "string"


def test_a_key_that_may_be_sent_is_not() -> None:
    assert not key_of("/v1/webhooks")["required"]
    assert "x-required" not in str(document())


def test_every_event_is_described_as_a_webhook_with_its_signature() -> None:
    webhooks = document()["webhooks"]

    assert webhooks.keys() == {str(each) for each in EVENTS}
    delivery = webhooks["submission.approved"]["post"]
    assert {each["name"] for each in delivery["parameters"]} == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    schema = delivery["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"]["type"] == {"const": "submission.approved"}
    assert "superseded" in schema["properties"]["data"]["properties"]["state"]["enum"]
    assert "$defs" not in str(webhooks)


@pytest.mark.parametrize(
    "path", ["/v1/submissions", "/v1/members/{member_id}/membership", "/public/avatars/{submission_id}/{name}.jpg"]
)
def test_an_outage_is_described_where_it_may_happen(path: str) -> None:
    answer = document()["paths"][path]["get"]["responses"]["503"]

    assert "Retry-After" in answer["headers"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/submissions", "GET, POST"),
        ("DELETE", "/v1/webhooks", "GET, POST"),
        ("POST", "/v1/members/m-1/membership", "GET"),
        ("POST", "/v1/members/m-1/hold", "DELETE, GET, PUT"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_answered_with_those_that_it_has(
    method: str, path: str, allowed: str, api: Api
) -> None:
    answer = api.call(method, path, key=api.submit_key)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_a_code_that_is_asked_for_too_soon_says_when(desk: Desk, api: Api) -> None:
    waiting = sent(desk)

    answer = api.post(f"/v1/submissions/{waiting.id}/code/resend")

    assert (answer.status_code, answer.json()["code"]) == (409, "code_too_soon")
    assert 0 < int(answer.headers["retry-after"]) <= desk.tools.policy.codes.resend_seconds
    assert answer.headers["retry-after"] in answer.json()["detail"]
