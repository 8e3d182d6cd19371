"""`proofdesk reviewer` as administrators use it."""

import json
import re
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.tools import operator
from config.container import Container
from pipeline.access.staff.reviewers import LastAdministrator
from pipeline.access.staff.rules.sign_in import SignInRefused
from pipeline.access.staff.sign_in import sign_in
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid
from pipeline.kernel.rules.digests import member_digest
from pipeline.submission.audit import audit
from tests.support.desk import Desk
from tests.support.people import PASSWORD, Visitor, signed_in

Run = Callable[..., Result]


@pytest.fixture
def run(tools: Container, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in tools.settings.model_dump(mode="json", exclude_none=True).items():
        monkeypatch.setenv(f"PROOFDESK_{name.upper()}", value if isinstance(value, str) else json.dumps(value))

    def invoke(*arguments: str, given: str | None = None) -> Result:
        return CliRunner().invoke(app(arguments), list(arguments), input=given)

    return invoke


def enters(tools: Container, password: str) -> bool:
    try:
        return bool(sign_in("m.lee", password, address="192.0.2.7", now=clock.now(), context=tools.sign_in_context))
    except SignInRefused:
        return False


def test_a_reviewer_is_added_with_a_password_from_standard_input(run: Run, tools: Container) -> None:
    run("reviewer", "add", "m.lee", "--role", "senior", "--language", "ZH", "--password-stdin", given=f"{PASSWORD}\n")

    (listed,) = json.loads(run("reviewer", "list", "--json").stdout)
    assert (listed["reviewer_id"], listed["roles"], listed["languages"]) == ("m.lee", ["senior"], ["zh"])
    assert listed["has_password"]
    assert enters(tools, PASSWORD)


def test_a_password_is_asked_for_twice(run: Run, tools: Container) -> None:
    run("reviewer", "add", "m.lee")

    changed = run("reviewer", "password", "m.lee", given=f"{PASSWORD}\n{PASSWORD}\n")

    assert PASSWORD not in changed.stdout
    assert enters(tools, PASSWORD)


def test_a_weak_password_is_refused_in_words(run: Run) -> None:
    result = run("reviewer", "add", "m.lee", "--password-stdin", given="short\n")

    assert isinstance(result.exception, Invalid)
    assert "Use at least 12 characters" in str(result.exception)


def test_a_link_is_printed_that_is_good_once(run: Run, tools: Container) -> None:
    printed = run("reviewer", "add", "m.lee", "--invite").stdout

    found = re.search(r"/console/invitation\?token=([\w-]+)", printed)
    assert found is not None
    form = {"token": found[1], "new_password": PASSWORD, "again": PASSWORD}
    browser = Visitor(tools)
    assert [browser.post("/console/invitation", **form).status_code for _ in range(2)] == [303, 404]


def test_who_is_disabled_at_a_terminal_is_out_of_the_console(run: Run, tools: Container, desk: Desk) -> None:
    browser = signed_in(tools)

    run("reviewer", "disable", "m.lee")
    listed = run("reviewer", "list").stdout
    run("reviewer", "enable", "m.lee")

    assert "disabled" in listed
    assert browser.get("/console/preferences").status_code == 303
    assert desk.sql("SELECT disabled_at FROM reviewer")[0][0] is None


def test_roles_are_set_and_not_added(run: Run) -> None:
    run("reviewer", "add", "m.lee", "--role", "lead")

    said = run("reviewer", "roles", "m.lee", "--role", "reviewer", "--role", "senior")

    assert said.stdout == "m.lee is reviewer, senior, and reads any language.\n"
    assert json.loads(run("reviewer", "list", "--json").stdout)[0]["roles"] == ["reviewer", "senior"]


def history(desk: Desk) -> list[tuple[str, str, dict[str, object]]]:
    return [(row.event, row.actor, row.detail) for row in desk.rows(audit) if row.event.startswith("reviewer.")]


def test_each_change_at_a_terminal_is_in_the_history(run: Run, desk: Desk) -> None:
    run("reviewer", "add", "m.lee", "--name", "M. Lee")
    run("reviewer", "add", "m.lee", "--language", "ZH", "--related-member", "m-1")
    run("reviewer", "add", "m.lee")

    assert history(desk) == [
        ("reviewer.added", operator(), {"reviewer": "m.lee", "name": True, "roles": ["reviewer"]}),
        (
            "reviewer.changed",
            operator(),
            {"reviewer": "m.lee", "languages": ["zh"], "related_members": [member_digest("m-1")]},
        ),
    ]


def test_a_reviewer_who_comes_with_a_key_is_in_the_history(run: Run, desk: Desk) -> None:
    run("key", "create", "--name", "desk", "--scope", "review", "--reviewer", "m.lee")
    run("key", "create", "--name", "desk", "--scope", "review", "--reviewer", "m.lee")

    assert history(desk) == [("reviewer.added", operator(), {"reviewer": "m.lee", "roles": ["reviewer"]})]


def test_the_only_administrator_is_not_made_a_reviewer_at_a_terminal(run: Run) -> None:
    run("reviewer", "add", "m.lee", "--role", "admin")

    result = run("reviewer", "add", "m.lee", "--role", "reviewer")

    assert isinstance(result.exception, LastAdministrator)
    assert json.loads(run("reviewer", "list", "--json").stdout)[0]["roles"] == ["admin"]
