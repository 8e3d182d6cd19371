"""A stage or a balance is corrected by a person with the role lead, at every door, and the record names that person."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from config.container import Container
from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.kernel.errors import Forbidden
from pipeline.submission.audit import audit
from pipeline.workflows.reviewers import disable, relate
from tests.support.command import Run, command
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.people import signed_in

REASON: Final = "A call with the member."
STAGE: Final = {"stage": "verified", "unlocked": True, "because": "mistake", "reason": REASON}
POINTS: Final = {"points": 50, "reason": REASON}
PATHS: Final = {"membership": STAGE, "points": POINTS}
WRITTEN: Final = {"membership": "membership.corrected", "points": "points.corrected"}
WHAT: Final = pytest.mark.parametrize("what", ["membership", "points"])


@pytest.fixture
def run(tools: Container, monkeypatch: pytest.MonkeyPatch) -> Run:
    return command(tools, monkeypatch)


def somebody(tools: Container, name: str = "m.lee", *roles: Role) -> str:
    add_reviewer(name, roles=roles or [Role.LEAD], db=tools.db)
    return name


def by_api(api: Api, what: str, *, reviewer: str | None, scopes: tuple[Scope, ...] = (Scope.REVIEW,)) -> int:
    _, key = create_key("key", scopes, reviewer_id=reviewer, db=api.client.app.state.tools.db)
    path, headers = f"/v1/members/m-1/{what}/corrections", {"Idempotency-Key": f"k-{reviewer}"}
    return api.call("POST", path, key=key, json=PATHS[what], headers=headers).status_code


def who(desk: Desk, what: str) -> list[str]:
    """Whom the record names."""
    return [row.actor for row in desk.rows(audit) if row.event == WRITTEN[what]]


@WHAT
def test_the_record_names_the_lead_of_the_key(what: str, api: Api, desk: Desk, tools: Container) -> None:
    assert by_api(api, what, reviewer=somebody(tools)) == 201
    assert who(desk, what) == ["m.lee"]


@WHAT
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SENIOR, Role.ADMIN])
def test_a_person_of_another_role_is_refused_with_any_key(
    what: str, role: Role, api: Api, desk: Desk, tools: Container
) -> None:
    somebody(tools, "other", role)

    assert by_api(api, what, reviewer="other") == 403
    assert by_api(api, what, reviewer="other", scopes=(Scope.ADMIN,)) == 403
    assert who(desk, what) == []


@WHAT
@pytest.mark.parametrize("scope", [Scope.ADMIN, Scope.SUBMIT_ALL, Scope.ADMIN_WRITE])
def test_a_key_of_a_service_is_refused(what: str, scope: Scope, api: Api, desk: Desk) -> None:
    assert by_api(api, what, reviewer=None, scopes=(scope,)) == 403
    assert who(desk, what) == []


@WHAT
def test_a_lead_who_was_disabled_or_has_to_do_with_the_member_is_refused(
    what: str, api: Api, desk: Desk, tools: Container
) -> None:
    somebody(tools)
    somebody(tools, "boss", Role.ADMIN)
    somebody(tools, "gone")
    disable("gone", actor="boss", db=tools.db)
    relate("m.lee", "member", "m-1", actor="boss", db=tools.db)

    assert (by_api(api, what, reviewer="m.lee"), by_api(api, what, reviewer="gone")) == (403, 403)
    assert who(desk, what) == []


COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "membership": ("membership", "correct", "m-1", "--stage", "verified", "--give", "--reason", REASON),
    "points": ("points", "correct", "m-1", "--points", "50", "--reason", REASON),
}


@WHAT
def test_a_command_names_the_lead_and_refuses_others(what: str, run: Run, desk: Desk, tools: Container) -> None:
    somebody(tools)
    somebody(tools, "other", Role.REVIEWER)

    refused = [run(*COMMANDS[what], "--as", name).exception for name in ("other", "nobody")]
    done = run(*COMMANDS[what], "--as", "m.lee")

    assert [type(each) for each in refused] == [Forbidden, Forbidden]
    assert done.exit_code == 0, done.output
    assert who(desk, what) == ["m.lee"]


FORMS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "membership": ("stage", {"stage": "verified", "because": "mistake", "reason": REASON, "do": "give"}),
    "points": ("points", {"points": "50", "reason": REASON}),
}


@WHAT
def test_the_console_names_the_lead_and_a_form_that_is_sent_twice_counts_once(
    what: str, desk: Desk, tools: Container
) -> None:
    browser = signed_in(tools, roles=[Role.LEAD])
    path, form = FORMS[what]

    answers = [browser.post(f"/console/corrections/{path}", member="m-1", key="k-1", **form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert who(desk, what) == ["m.lee"]


@pytest.mark.parametrize(
    ("path", "form", "says"),
    [
        ("stage", {"stage": "moon", "because": "mistake", "reason": REASON, "do": "give"}, "stage:"),
        ("stage", {"stage": "verified", "because": "mistake", "reason": REASON, "do": "take_away"}, "does not have"),
        ("points", {"points": "1e3", "reason": REASON}, "points:"),
        ("points", {"points": "5", "reason": REASON, "member": "a b"}, "no member"),
    ],
)
def test_the_console_says_what_is_wrong_with_a_correction(
    path: str, form: dict[str, str], says: str, tools: Container
) -> None:
    browser = signed_in(tools, roles=[Role.LEAD])

    answer = browser.post(f"/console/corrections/{path}", **{"member": "m-1", **form})

    assert answer.status_code == 422
    assert says in answer.text


def test_a_lead_makes_the_key_that_speaks_for_them_in_the_console(tools: Container) -> None:
    browser = signed_in(tools, roles=[Role.LEAD])
    make: Callable[[], Any] = lambda: browser.post("/console/account/keys", name="terminal")  # noqa: E731

    assert "pd_" in make().text
