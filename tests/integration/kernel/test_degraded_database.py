"""The database goes away in the middle of a transaction."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from config.container import Container
from pipeline.kernel.idempotency import idempotency
from pipeline.submission.tables import decision, submission
from pipeline.tasks.rules import INSPECT
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.locks import cut_whoever_waits, member_held, submission_held

SLOT = {"purpose": "avatar", "media_type": "image/jpeg", "length": 1000}


def cut_during(desk: Desk, call: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer to a call whose transaction lost its connection in the middle."""
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(call()), daemon=True)
    thread.start()
    cut_whoever_waits(desk)
    thread.join(timeout=60)
    (answer,) = answers
    return answer


def assert_come_back(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture
def cut_accept(api: Api, desk: Desk, tools: Container) -> httpx.Response:
    with member_held(tools, "m-1"):
        return cut_during(desk, lambda: api.submit(avatar_body(), once="once"))


def test_an_acceptance_that_was_cut_in_the_middle_has_done_nothing(cut_accept: httpx.Response, desk: Desk) -> None:
    assert_come_back(cut_accept)
    assert [desk.rows(submission), desk.rows(idempotency), desk.tasks()] == [[], [], []]


@pytest.mark.usefixtures("cut_accept")
def test_an_acceptance_that_was_cut_and_is_repeated_with_its_key_is_there_once(api: Api, desk: Desk) -> None:
    answers = [api.submit(avatar_body(), once="once") for _ in range(2)]

    assert [each.status_code for each in answers] == [202, 202]
    assert len(desk.rows(submission)) == 1
    assert len(desk.tasks(INSPECT)) == 1


@pytest.fixture
def decide(api: Api, desk: Desk, tools: Container) -> tuple[Callable[[], httpx.Response], httpx.Response]:
    """How a case is decided, and the answer of a first try that was cut in the middle."""
    case = desk.case_waiting()
    claim = api.post("/v1/review/claims", {"kinds": []}).json()
    body = _approval(claim)
    path = f"/v1/review/claims/{claim['claim']['id']}/decision"

    def call() -> httpx.Response:
        return api.post(path, body, once="decide-once")

    with submission_held(tools, case):
        return call, cut_during(desk, call)


def _approval(case: dict[str, Any]) -> dict[str, Any]:
    answers = [
        {"material_id": each["id"], "checklist": {item["code"]: True for item in each["checklist"]}}
        for each in case["materials"]
    ]
    held = {key: case["claim"][key] for key in ("token", "fence")}
    return {**held, "version": case["version"], "verdict": "approve", "materials": answers}


def test_a_decision_that_was_cut_in_the_middle_has_done_nothing(
    decide: tuple[Callable[[], httpx.Response], httpx.Response], desk: Desk
) -> None:
    assert_come_back(decide[1])
    assert [row.state for row in desk.rows(submission)] == ["in_review"]
    assert desk.rows(decision) == []
    assert [row.kind for row in desk.tasks() if row.state != "done"] == []


def test_a_decision_that_was_cut_and_is_repeated_with_its_key_is_there_once(
    decide: tuple[Callable[[], httpx.Response], httpx.Response], desk: Desk
) -> None:
    answers = [decide[0]() for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert len(desk.rows(decision)) == 1
    assert [row.state for row in desk.rows(submission)] == ["approved"]
