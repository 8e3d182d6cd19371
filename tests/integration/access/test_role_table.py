"""Who may do what at the console and at the reviewers' API: role × action × answer, over every route that there is."""

from collections.abc import Sequence
from typing import Final

import httpx
import pytest

from config.container import Container
from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff.accounts import change
from pipeline.access.staff.rules.roles import Role
from pipeline.workflows.reviewers import disable
from tests.support.http import Api
from tests.support.people import Visitor, signed_in
from tests.support.routes import IN, NO, OUT, answer_of, path_of, routes
from tests.support.web import app_of
from web.console.guard import HEADERS

R, S, L, A = Role
ANYBODY: Final = "anybody"
WITH_A_SESSION: Final = (R, S, L, A)

TABLE: Final[dict[str, Sequence[Role] | str]] = {
    "GET /console/static/{name}": ANYBODY,
    "GET /console/sign-in": ANYBODY,
    "POST /console/sign-in": ANYBODY,
    "GET /console/sign-in/provider": ANYBODY,
    "GET /console/sign-in/provider/back": ANYBODY,
    "GET /console/invitation": ANYBODY,
    "POST /console/invitation": ANYBODY,
    "POST /console/sign-out": WITH_A_SESSION,
    "GET /console/preferences": WITH_A_SESSION,
    "POST /console/preferences": WITH_A_SESSION,
    "POST /console/preferences/password": WITH_A_SESSION,
    "GET /console/account": WITH_A_SESSION,
    "POST /console/account/keys": (R, S, L),
    "GET /console/account/app": WITH_A_SESSION,
    "POST /console/account/app": WITH_A_SESSION,
    "POST /console/account/app/confirm": WITH_A_SESSION,
    "POST /console/account/app/remove": WITH_A_SESSION,
    "POST /console/account/passkeys": WITH_A_SESSION,
    "POST /console/account/passkeys/options": WITH_A_SESSION,
    "POST /console/account/passkeys/{passkey_id}/remove": WITH_A_SESSION,
    "POST /console/account/recovery-codes": WITH_A_SESSION,
    "POST /console/account/sessions/end": WITH_A_SESSION,
    "POST /console/account/sessions/{session_id}/end": WITH_A_SESSION,
    "GET /console/sign-in/second": ANYBODY,
    "POST /console/sign-in/second": ANYBODY,
    "POST /console/sign-in/second/passkey": ANYBODY,
    "GET /console/sign-in/again": WITH_A_SESSION,
    "POST /console/sign-in/again": WITH_A_SESSION,
    "POST /console/sign-in/again/passkey": WITH_A_SESSION,
    "POST /console/account/relations": WITH_A_SESSION,
    "GET /console/relations": (L, A),
    "POST /console/relations": (L, A),
    "POST /console/relations/{reviewer_id}/end": (L, A),
    "POST /console/account/keys/{key_id}/revoke": WITH_A_SESSION,
    "GET /console/people": (A,),
    "POST /console/people": (A,),
    "GET /console/people/{reviewer_id}": (A,),
    "POST /console/people/{reviewer_id}": (A,),
    "POST /console/people/{reviewer_id}/invitation": (A,),
    "POST /console/people/{reviewer_id}/confirm": (A,),
    "POST /console/people/{reviewer_id}/disable": (A,),
    "POST /console/people/{reviewer_id}/enable": (A,),
    "POST /console/people/{reviewer_id}/sessions/end": (A,),
    "POST /console/people/{reviewer_id}/sessions/{session_id}/end": (A,),
    "POST /console/people/{reviewer_id}/second-factor/end": (A,),
    "GET /console/keys": (A,),
    "POST /console/keys": (A,),
    "POST /console/keys/{key_id}/rotate": (A,),
    "POST /console/keys/{key_id}/revoke": (A,),
    "GET /console/policy": (A,),
    "GET /console/erasure": (A,),
    "POST /console/erasure": (A,),
    "GET /console/corrections": (L,),
    "POST /console/corrections/stage": (L,),
    "POST /console/corrections/points": (L,),
    "GET /console/redactions": (L,),
    "POST /console/redactions/{redaction_id}": (L,),
    "GET /console/quality": (L, A),
    "GET /console/quality/tables/{table}": (L, A),
    "GET /console/quality/disagreements": (L, A),
    "GET /console/quality/disagreements/{check_id}": (L, A),
    "GET /console/quality/disagreements/{check_id}/pages/{material_id}/{page}": (L, A),
    "POST /console/quality/disagreements/{check_id}": (L, A),
    "GET /console/quality/golden": (L, A),
    "POST /console/quality/golden": (L, A),
    "POST /console/quality/golden/{golden_id}/retire": (L, A),
    "GET /console/": WITH_A_SESSION,  # the queue for who reviews; others go on to the first page of theirs
    "GET /console/queue": (R, S),
    "GET /console/nothing": (R, S),
    "GET /console/find": (R, S),
    "POST /console/next": (R, S),
    "POST /console/next/part": (R, S),
    "POST /console/leave": (R, S),
    "GET /console/cases/{claim_id}": (R, S),
    "GET /console/cases/{claim_id}/beside/{submission_id}": (R, S),
    "GET /console/cases/{claim_id}/pages/{material_id}/{page}/{purpose}": (R, S),
    "POST /console/cases/{claim_id}/back": (R, S),
    "POST /console/cases/{claim_id}/decision": (R, S),
    "POST /console/cases/{claim_id}/escalate": (R, S),
    "POST /console/cases/{claim_id}/hand_over": (R, S),
    "POST /console/cases/{claim_id}/mail": (R, S),
    "POST /console/cases/{claim_id}/mail/html": (R, S),
    "POST /console/cases/{claim_id}/opened": (R, S),
    "POST /console/cases/{claim_id}/redactions": (R, S),
    "POST /console/cases/{claim_id}/renew": (R, S),
    "POST /console/cases/{claim_id}/skip": (R, S),
    "POST /console/cases/{claim_id}/take-up": (R, S),
    "POST /console/decisions/{decision_id}/undo": (R, S),
    "GET /v1/review/pictures/{token}": ANYBODY,  # the link is the proof, and ends with its claim
    "GET /v1/review/queue": (R, S),
    "GET /v1/review/claims": (R, S),
    "POST /v1/review/claims": (R, S),
    "GET /v1/review/claims/{claim_id}": (R, S),
    "GET /v1/review/claims/{claim_id}/colleagues": (R, S),
    "POST /v1/review/claims/{claim_id}/decision": (R, S),
    "POST /v1/review/claims/{claim_id}/escalate": (R, S),
    "POST /v1/review/claims/{claim_id}/hand-over": (R, S),
    "POST /v1/review/claims/{claim_id}/release": (R, S),
    "POST /v1/review/claims/{claim_id}/renew": (R, S),
    "POST /v1/review/claims/{claim_id}/take-up": (R, S),
    "POST /v1/review/decisions/{decision_id}/undo": (R, S),
    "GET /v1/review/redactions": (S,),
    "POST /v1/review/redactions/{redaction_id}/confirm": (S,),
    "POST /v1/review/points/penalties": (R, S),
}
"""Each route, and the roles that it lets in."""

CONSOLE: Final = [route for route in TABLE if " /console" in route]
REVIEW: Final = [route for route in TABLE if " /v1/review" in route]


def expected(role: Role | None, *, otherwise: str, only: Sequence[str]) -> dict[str, str]:
    """What the table says of somebody with one role (or none): let in, or the other answer."""
    return {route: IN if TABLE[route] == ANYBODY or role in TABLE[route] else otherwise for route in only}


def answers(browser: Visitor, only: Sequence[str]) -> dict[str, str]:
    """What each route of the console answers to an empty request of this browser's."""
    asked = [route for route in routes(app_of(browser.tools), "/console") if route in only]
    return {route: answer_of(_ask(browser, route)) for route in asked}


def key_answers(api: Api, key: str | None) -> dict[str, str]:
    """What each route of the reviewers' API answers to an empty request with this key."""
    return {route: answer_of(api.call(route.partition(" ")[0], path_of(route), key=key)) for route in REVIEW}


def key_of(tools: Container, reviewer_id: str) -> str:
    return create_key("desk", [Scope.REVIEW], reviewer_id=reviewer_id, db=tools.db)[1]


def _ask(browser: Visitor, route: str) -> httpx.Response:
    return browser.get(path_of(route)) if route.startswith("GET ") else browser.post(path_of(route))


def test_every_route_stands_in_the_table(tools: Container) -> None:
    assert routes(app_of(tools), "/console", "/v1/review") == sorted(
        TABLE, key=lambda route: (route.endswith("/sign-out"), route)
    )


@pytest.mark.parametrize("role", Role)
def test_a_role_lets_a_person_in_where_the_table_says_so_and_nowhere_else(
    tools: Container, api: Api, role: Role
) -> None:
    browser = signed_in(tools, "somebody", roles=[role])

    assert answers(browser, CONSOLE) == expected(role, otherwise=NO, only=CONSOLE)
    assert key_answers(api, key_of(tools, "somebody")) == expected(role, otherwise=NO, only=REVIEW)


def test_a_person_without_a_role_sees_their_own_preferences_only(tools: Container, api: Api) -> None:
    browser = signed_in(tools, "somebody")
    change("somebody", roles=[], languages=[], actor="test", db=tools.db)

    let_in = [route for route, answer in answers(browser, CONSOLE).items() if answer == IN]

    assert {route for route in let_in if TABLE[route] != ANYBODY} == {
        route for route in CONSOLE if TABLE[route] == WITH_A_SESSION
    }
    assert key_answers(api, key_of(tools, "somebody")) == expected(None, otherwise=NO, only=REVIEW)


def test_who_does_not_review_is_led_from_the_queue_to_a_page_of_theirs(tools: Container) -> None:
    home = signed_in(tools, roles=[Role.ADMIN]).get("/console/")

    assert (home.status_code, home.headers["location"]) == (303, "/console/quality")


def test_who_is_signed_out_is_asked_to_sign_in(tools: Container, api: Api) -> None:
    assert answers(Visitor(tools), CONSOLE) == expected(None, otherwise=OUT, only=CONSOLE)
    assert key_answers(api, None) == expected(None, otherwise=OUT, only=REVIEW)


def test_who_was_disabled_is_out_whatever_their_roles(tools: Container, api: Api) -> None:
    browser = signed_in(tools, "somebody", roles=list(Role))
    key = key_of(tools, "somebody")
    signed_in(tools, "another", roles=[Role.ADMIN])

    disable("somebody", actor="another", db=tools.db)

    assert answers(browser, CONSOLE) == expected(None, otherwise=OUT, only=CONSOLE)
    assert key_answers(api, key) == expected(None, otherwise=NO, only=REVIEW)


def test_whatever_changes_something_refuses_a_request_without_the_sessions_token(tools: Container) -> None:
    browser = signed_in(tools, roles=list(Role))
    changing = [route for route in CONSOLE if route.startswith("POST ") and TABLE[route] != ANYBODY]

    found = {route: answer_of(browser.post(path_of(route), csrf="another")) for route in changing}

    assert set(found.values()) == {NO}, found


def test_whatever_changes_something_refuses_a_request_from_another_site(tools: Container) -> None:
    browser = signed_in(tools, roles=list(Role))
    browser.client.headers["Sec-Fetch-Site"] = "cross-site"
    changing = [route for route in CONSOLE if route.startswith("POST ")]

    found = {route: answer_of(browser.post(path_of(route))) for route in changing}

    assert set(found.values()) == {NO}, found


def test_every_answer_of_the_console_is_kept_nowhere_and_framed_by_nobody(tools: Container) -> None:
    browser = signed_in(tools, roles=list(Role))
    asked = [route for route in routes(app_of(tools), "/console") if "sign-out" not in route]

    told = {route: dict(_ask(browser, route).headers) for route in asked}

    promised = ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options")
    assert {tuple(headers[name.lower()] for name in promised) for headers in told.values()} == {
        tuple(HEADERS[name] for name in promised)
    }
    assert all("default-src 'none'" in headers["content-security-policy"] for headers in told.values())
    assert all("frame-ancestors" in headers["content-security-policy"] for headers in told.values())
