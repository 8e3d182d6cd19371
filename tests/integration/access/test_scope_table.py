"""Which scope opens which route of the API: scope × route × answer, over every route that there is."""

from typing import Final

import pytest

from config.container import Container
from pipeline.access.api_keys import create_key
from pipeline.access.rules.scopes import BUNDLES, Scope
from pipeline.access.staff.rules.roles import Role
from tests.support.http import Api
from tests.support.openapi import document
from tests.support.people import person
from tests.support.routes import IN, NO, OUT, answer_of, path_of, routes
from tests.support.scope_table import DOCUMENT, with_scopes
from tests.support.services import SINGLE
from tests.support.web import app_of
from web.api.scopes import NO_KEY_NEEDED, SCOPES, SESSION_ONLY

REVIEWER: Final = "somebody"


def answers(api: Api, key: str | None) -> dict[str, str]:
    """What each route answers to an empty request with this key."""
    return {route: answer_of(api.call(route.partition(" ")[0], path_of(route), key=key)) for route in SCOPES}


def opened_by(scope: Scope) -> dict[str, str]:
    """What the table says of a key with this one scope."""
    return {
        route: IN if scope in {needed, Scope(needed.removesuffix(":all"))} else NO for route, needed in SCOPES.items()
    }


def key_with(tools: Container, *scopes: Scope) -> str:
    person(tools, REVIEWER, roles=[Role.REVIEWER, Role.SENIOR, Role.LEAD], password=None)
    return create_key("test", scopes, reviewer_id=REVIEWER, db=tools.db)[1]


def test_every_route_stands_in_one_table(tools: Container) -> None:
    found = routes(app_of(tools), "/v1")

    assert sorted(found) == sorted((*SCOPES, *NO_KEY_NEEDED, *SESSION_ONLY))


@pytest.mark.parametrize("scope", SINGLE)
def test_a_scope_opens_the_routes_that_the_table_says_and_no_other(tools: Container, api: Api, scope: Scope) -> None:
    expected = {**opened_by(scope), "POST /v1/mail-events": NO}

    assert answers(api, key_with(tools, scope)) == expected


@pytest.mark.parametrize("scope", [Scope.SUBMIT, Scope.SUBMIT_ALL, Scope.ADMIN])
def test_a_bundle_opens_what_its_scopes_open(tools: Container, api: Api, scope: Scope) -> None:
    expected = {route: IN if needed in BUNDLES[scope] else NO for route, needed in SCOPES.items()}

    assert answers(api, key_with(tools, scope)) == expected


def test_no_key_opens_nothing(api: Api) -> None:
    assert set(answers(api, None).values()) == {OUT}


def test_no_key_is_a_members_session(tools: Container, api: Api) -> None:
    key = key_with(tools, Scope.ADMIN)

    asked = [api.call(*route.split(), key=key) for route in SESSION_ONLY]

    assert [each.status_code for each in asked] == [403, 403]


def test_a_refusal_names_the_scope_that_is_missing(tools: Container, api: Api) -> None:
    refused = api.call("GET", "/v1/webhooks", key=key_with(tools, Scope.SUBMIT))

    assert "proofdesk key create --scope webhooks:read" in refused.json()["detail"]


def test_the_openapi_document_names_the_scope_of_each_route() -> None:
    named = {
        f"{verb.upper()} {path}": each["security"][0]["key"]
        for path, item in document()["paths"].items()
        for verb, each in item.items()
        if each.get("security")
    }

    assert named == {**{route: [scope] for route, scope in SCOPES.items()}, **{route: [] for route in SESSION_ONLY}}


def test_the_page_for_upstream_has_the_table() -> None:
    page = DOCUMENT.read_text()

    assert "<!-- scopes -->" in page
    assert with_scopes(page) == page
