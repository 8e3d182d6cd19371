"""A filter that a route does not know is refused at every route, and never answered with everything."""

from typing import Final

import pytest

from pipeline.access.api_keys import create_key
from pipeline.access.rules.scopes import Scope
from pipeline.audit.tables import audit
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.http import Api, problems
from web.api.scopes import SCOPES

ID: Final = "00000000-0000-0000-0000-000000000000"
IN_PATHS: Final = {"member_id": "m-1", "event_type": "submission.received", "identity": "wholesaler"}


def address(route: str) -> tuple[str, str]:
    """Method and path of a route, with something in place of each parameter."""
    method, _, path = route.partition(" ")
    for name, value in IN_PATHS.items():
        path = path.replace(f"{{{name}}}", value)
    for part in path.split("/"):
        path = path.replace(part, ID) if part.startswith("{") else path
    return method, path


def test_every_route_that_needs_a_key_refuses_a_parameter_that_it_does_not_take(api: Api, desk: Desk) -> None:
    _, key = create_key("everything", [Scope.ADMIN], reviewer_id="r-1", db=desk.tools.db)
    asked = {route: address(route) for route in SCOPES}

    answers = {
        route: api.call(method, path, key=key, params={"colour": "blue"}) for route, (method, path) in asked.items()
    }

    assert {route: answer.status_code for route, answer in answers.items() if answer.status_code != 422} == {}
    assert {problems(answer)[0] for answer in answers.values()} == {("colour", "unknown_parameter")}


@pytest.mark.parametrize(
    "query",
    [
        "memberid=m-1",
        "member-id=m-1",
        "member_id=m-1&State=approved",
        "member_id=m-1&",
        "%00=1",
        "Limit=1",
        "view[]=full",
    ],
)
def test_a_misspelt_filter_of_the_list_is_named_and_nothing_is_shown(query: str, api: Api, desk: Desk) -> None:
    desk.accept(avatar_body())

    answer = api.call("GET", f"/v1/submissions?{query}", key=api.submit_key)

    misspelt = query != "member_id=m-1&"
    assert answer.status_code == (422 if misspelt else 200)
    assert ("items" in answer.json()) is not misspelt


def test_what_is_refused_is_not_recorded_as_read(api: Api, desk: Desk) -> None:
    api.call("GET", "/v1/members/m-1/membership?colour=blue", key=api.submit_key)

    assert [row for row in desk.rows(audit) if row.event == "member.read"] == []


def test_a_stranger_learns_nothing_of_the_parameters(api: Api) -> None:
    assert api.call("GET", "/v1/submissions?colour=blue", key=None).status_code == 401
