"""A member's session: a link that opens once, and a credential for one member and few routes."""

import re
from typing import Any

import httpx
import pytest

from config.container import Container
from pipeline.access.member_sessions import forget_ended, member_session
from pipeline.kernel.ids import new_id
from pipeline.submission.tables import submission
from pipeline.tasks.rules import SEND_CODE
from tests.support.bodies import member
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.methods import ADDRESS, last_code
from tests.support.sessions import Session, link, opened
from tests.support.together import at_once
from web.app import create_app

OPEN_TO_A_SESSION = {
    "GET /v1/session",
    "DELETE /v1/session",
    "GET /v1/uploads/limits",
    "POST /v1/uploads",
    "POST /v1/submissions",
    "GET /v1/submissions",
    "GET /v1/submissions/{submission_id}",
    "POST /v1/submissions/{submission_id}/withdraw",
    "POST /v1/submissions/{submission_id}/code",
    "POST /v1/submissions/{submission_id}/code/resend",
    "GET /v1/membership/ladder",
    "GET /v1/membership/identities",
    "GET /v1/membership/identities/{identity}/form.schema.json",
    "GET /v1/membership/tax-countries",
    "GET /v1/members/{member_id}/membership",
    "GET /v1/members/{member_id}/avatar",
    "GET /v1/members/{member_id}/personal-information",
    "GET /v1/members/{member_id}/business-card",
    "GET /v1/members/{member_id}/procurement-information",
    "GET /v1/members/{member_id}/company-information",
    "GET /v1/members/{member_id}/privacy",
    "GET /v1/members/{member_id}/points",
    "GET /v1/members/{member_id}/points/entries",
    "GET /v1/members/{member_id}/subscriptions",
}
SOMETHING = {"submission_id": str(new_id()), "member_id": "m-1", "identity": "wholesaler"}


@pytest.fixture
def session(api: Api) -> Session:
    return Session(api)


def routes_of(tools: Container) -> list[str]:
    """Every route of the API; that which ends the session comes last."""
    paths = create_app(tools).openapi()["paths"]
    routes = [
        f"{method.upper()} {path}" for path, methods in paths.items() for method in methods if path.startswith("/v1/")
    ]
    return sorted(routes, key="DELETE /v1/session".__eq__)


def asked(api: Api, route: str, *, key: str | None, **values: str) -> httpx.Response:
    method, path = route.split()
    filled = re.sub(r"{(\w+)}", lambda name: {**SOMETHING, **values}.get(name[1], str(new_id())), path)
    return api.call(method, filled, key=key, json={"code": "123456"}, headers={"Idempotency-Key": "once"})


def denied(answer: httpx.Response) -> bool:
    return answer.status_code in {401, 403}


def test_a_link_opens_a_session_that_says_whom_it_speaks_for(api: Api) -> None:
    answer = opened(api, link(api, gender="female")).json()

    seen = api.call("GET", "/v1/session", key=answer["credential"])

    assert answer["credential"].startswith("pm_")
    assert seen.json()["member_id"] == "m-1"
    assert (
        seen.json()["member"]
        == answer["member"]
        == {**member(gender="female"), "locale": "en", "timezone": None, "age_band": None, "identity": None}
    )
    assert seen.headers["Cache-Control"] == "no-store"


def test_neither_link_nor_credential_is_stored(api: Api, desk: Desk, session: Session) -> None:
    url = link(api)

    kept = str(desk.rows(member_session))

    assert url.partition("#")[2].split("_", 2)[2] not in kept
    assert session.credential.split("_", 2)[2] not in kept


def test_a_link_opens_once(api: Api) -> None:
    url = link(api)
    first = opened(api, url)

    second = opened(api, url)

    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 401, "link_not_valid")


def test_a_link_that_is_opened_by_ten_at_once_opens_one_session(api: Api) -> None:
    url = link(api)

    answers, _ = at_once(10, lambda _: opened(api, url).status_code)

    assert sorted(answers) == [200, *[401] * 9]


@pytest.mark.parametrize(
    "damage", ["", "x", "pl_", "pm_1_2", "PL_{id}_{secret}", "pl_{id}_{secret}x", "pl_{other}_{secret}"]
)
def test_a_forged_link_is_refused_in_the_same_words(api: Api, damage: str) -> None:
    _, session_id, secret = link(api).partition("#")[2].split("_", 2)
    forged = damage.format(id=session_id, secret=secret, other=new_id().hex) or "#"

    refused = opened(api, f"#{forged}")

    assert (refused.status_code, refused.json()["code"]) == (401, "link_not_valid")
    assert (
        refused.json()["detail"] == "This link was opened before, or its time is over. Go back and open the page anew."
    )


def test_a_link_opens_nothing_when_its_time_is_over(api: Api, desk: Desk) -> None:
    url = link(api)
    desk.sql("UPDATE member_session SET link_expires_at = now() - interval '1 second'")

    assert opened(api, url).json()["code"] == "link_not_valid"


def test_a_session_ends_when_its_time_is_over(session: Session, desk: Desk) -> None:
    before = session.get("/v1/session").status_code
    desk.sql("UPDATE member_session SET expires_at = now() - interval '1 second'")

    after = session.get("/v1/members/m-1/membership")

    assert (before, after.status_code, after.json()["code"]) == (200, 401, "unauthenticated")
    assert "Go back and open the page anew" in after.json()["detail"]


def test_a_session_that_was_ended_opens_nothing(session: Session) -> None:
    assert session.call("DELETE", "/v1/session").status_code == 204

    assert session.get("/v1/session").status_code == 401


def test_a_forged_credential_is_refused(session: Session, api: Api) -> None:
    prefix, session_id, secret = session.credential.split("_", 2)
    forged = [
        f"{prefix}_{session_id}_{secret}x",
        f"{prefix}_{new_id().hex}_{secret}",
        f"{prefix}_{session_id}_",
        "pm_x_y",
    ]

    assert [api.call("GET", "/v1/session", key=key).status_code for key in forged] == [401] * 4


def test_a_link_is_no_credential_and_a_credential_no_link(api: Api, session: Session) -> None:
    ticket = link(api).partition("#")[2]

    assert api.call("GET", "/v1/session", key=ticket).status_code == 401
    assert opened(api, f"#{session.credential}").status_code == 401


def test_a_session_makes_no_links_and_a_key_has_no_session(api: Api, session: Session) -> None:
    made = session.post("/v1/sessions", {"member_id": "m-2", "member": member()})

    assert made.status_code == 403
    assert api.get("/v1/session").status_code == 403
    assert (
        api.call("POST", "/v1/sessions", key=api.review_key, json={"member_id": "m-1", "member": member()}).status_code
        == 403
    )


def test_of_all_routes_a_session_opens_those_that_it_needs(tools: Container, api: Api, session: Session) -> None:
    routes = routes_of(tools)
    guarded = {route for route in routes if denied(asked(api, route, key=None))}

    opened_by_session = {route for route in routes if not denied(asked(api, route, key=session.credential))}

    assert opened_by_session & guarded == OPEN_TO_A_SESSION


def test_a_session_reads_nothing_of_another_member(api: Api, session: Session) -> None:
    routes = [each for each in OPEN_TO_A_SESSION if "{member_id}" in each]

    answers = {asked(api, route, key=session.credential, member_id="m-2").status_code for route in routes}

    assert len(routes) == 10
    assert answers == {403}


def test_a_submission_of_another_member_is_not_there_for_a_session(api: Api, desk: Desk, session: Session) -> None:
    theirs = desk.case_waiting("m-2")
    routes = [each for each in OPEN_TO_A_SESSION if "{submission_id}" in each]

    answers = {asked(api, route, key=session.credential, submission_id=str(theirs)).status_code for route in routes}

    assert len(routes) == 4
    assert answers == {404}
    assert desk.state(theirs) == "in_review"


def test_a_session_lists_its_own_members_submissions_only(desk: Desk, session: Session) -> None:
    mine = desk.case_waiting("m-1")
    desk.case_waiting("m-2")

    listed = session.get("/v1/submissions").json()["items"]

    assert [each["id"] for each in listed] == [str(mine)]
    assert session.get("/v1/submissions", member_id="m-2").status_code == 403


def test_a_session_uploads_and_submits_for_its_member(desk: Desk, session: Session) -> None:
    answer = session.post("/v1/submissions", session.avatar(session.uploaded()))

    assert (answer.status_code, answer.json()["member_id"]) == (202, "m-1")
    desk.inspect()
    assert session.get(f"/v1/submissions/{answer.json()['id']}").json()["state"] == "in_review"


@pytest.mark.parametrize(
    "change",
    [{"member_id": "m-2"}, {"member": member(name="Somebody Else")}, {"member": member(email="eve@example.com")}],
)
def test_a_session_submits_for_nobody_else_and_in_no_other_name(
    session: Session, desk: Desk, change: dict[str, Any]
) -> None:
    refused = [
        session.post("/v1/submissions", body)
        for body in (session.number(**change), session.avatar("avatar/x", **change))
    ]

    assert [each.json()["code"] for each in refused] == ["forbidden", "forbidden"]
    assert desk.rows(submission) == []


def test_a_session_submits_no_file_that_its_member_did_not_upload(api: Api, desk: Desk, session: Session) -> None:
    theirs = Session(api, "m-2").uploaded()
    body = {
        **session.number(),
        "method": "materials",
        "materials": [{"kind": "bank_statement", "file": {"key": theirs}}],
    }
    del body["tax_number"]

    refused = [session.post("/v1/submissions", each) for each in (session.avatar(theirs), body)]

    assert [problems(each) for each in refused] == [
        [("file.key", "not_your_upload")],
        [("materials.0.file.key", "not_your_upload")],
    ]
    assert desk.rows(submission) == []


def test_a_request_that_was_cut_off_is_answered_again_in_the_members_next_session(
    api: Api, session: Session, desk: Desk
) -> None:
    body = session.avatar(session.uploaded())
    first = session.post("/v1/submissions", body, once="the same")

    again = Session(api).post("/v1/submissions", body, once="the same")

    assert again.json() == first.json()
    assert len(desk.rows(submission)) == 1


def test_two_members_may_use_the_same_idempotency_key(api: Api, session: Session) -> None:
    other = Session(api, "m-2")

    answers = [each.post("/v1/submissions", each.number(), once="1").json()["member_id"] for each in (session, other)]

    assert answers == ["m-1", "m-2"]


def test_the_code_of_a_business_address_comes_back_through_a_session(desk: Desk, session: Session) -> None:
    body = {**session.number(), "method": "business_email", "business_email": ADDRESS}
    del body["tax_number"]
    accepted = session.post("/v1/submissions", body).json()
    desk.run_due(SEND_CODE)

    answer = session.post(f"/v1/submissions/{accepted['id']}/code", {"code": last_code(desk)}, once="code")

    assert (answer.json()["correct"], answer.json()["state"]) == (True, "approved")


def test_the_limits_of_files_are_those_of_the_policy(session: Session) -> None:
    limits = session.get("/v1/uploads/limits").json()

    assert limits["avatar"] == {"media_types": ["image/jpeg"], "max_bytes": 3 * 1024 * 1024}
    assert "application/pdf" in limits["material"]["media_types"]


def test_sessions_that_ended_are_forgotten_with_the_members_profile(api: Api, desk: Desk) -> None:
    Session(api)
    desk.sql("UPDATE member_session SET expires_at = now() - interval '1 second'")
    link(api, "m-2")
    desk.sql("UPDATE member_session SET link_expires_at = now() - interval '1 second' WHERE member_id = 'm-2'")
    kept = Session(api, "m-3")

    assert forget_ended(desk.tools.db, renew=lambda: None) == 2

    assert kept.get("/v1/session").status_code == 200
