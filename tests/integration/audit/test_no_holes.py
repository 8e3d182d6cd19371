"""What used to leave no trace: each is done once, as it is done, and the record says who did it."""

from dataclasses import replace
from typing import Any

import pytest

from cli.tools import operator
from config.container import Container
from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff import refusals
from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.rules.sign_in import SignInRefused
from pipeline.access.staff.rules.tries import TooManyTries
from pipeline.access.staff.sign_in import sign_in
from pipeline.audit.record import put_in_force
from pipeline.audit.tables import audit_tally
from pipeline.audit.tally import OTHERS, write_ended
from pipeline.kernel import clock
from pipeline.kernel.rules.digests import member_digest
from pipeline.submission.audit import audit
from pipeline.tasks.rules import INSPECT
from pipeline.workflows import find_submissions
from tests.support.account import Account, person
from tests.support.command import Run, command, printed
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.people import hasty, signed_in
from tests.support.people import person as staff
from tests.support.sessions import Session


@pytest.fixture
def run(tools: Container, monkeypatch: pytest.MonkeyPatch) -> Run:
    return command(tools, monkeypatch)


def written(desk: Desk, *events: str) -> list[tuple[str, str, Any]]:
    """The rows of these events: event, actor, detail."""
    return [(row.event, row.actor, row.detail) for row in desk.rows(audit) if row.event in events]


def actors(desk: Desk, event: str) -> list[str]:
    return [actor for _, actor, _ in written(desk, event)]


def test_people_and_roles_by_command_are_recorded_with_the_operator_and_without_names(desk: Desk, run: Run) -> None:
    run("reviewer", "add", "m.lee", "--name", "Marker Lee", "--role", "admin")
    run("reviewer", "add", "m.lee", "--role", "lead", "--role", "admin")

    rows = written(desk, "reviewer.added", "reviewer.changed")

    assert [(event, actor) for event, actor, _ in rows] == [
        ("reviewer.added", operator()),
        ("reviewer.changed", operator()),
    ]
    assert rows[0][2]["name"] is True
    assert "Marker" not in str(rows)


def test_keys_by_command_are_recorded_and_one_that_nobody_made_too(desk: Desk, run: Run) -> None:
    made = printed(run("key", "create", "--name", "centre", "--scope", "submit", "--json"))
    run("key", "revoke", made["id"])
    create_key("inside", [Scope.SUBMIT], reviewer_id=None, db=desk.tools.db)

    assert [(event, actor) for event, actor, _ in written(desk, "key.created", "key.revoked")] == [
        ("key.created", operator()),
        ("key.revoked", operator()),
        ("key.created", "system"),
    ]


def test_all_that_is_done_to_an_endpoint_by_command_is_recorded(desk: Desk, run: Run) -> None:
    made = printed(run("webhook", "add", "https://shop.example.com/secret-path", "--json"))["endpoint_id"]
    desk.sql("UPDATE webhook_endpoint SET state = 'paused', paused_because = 'x'")
    for verb, *more in (("rotate",), ("resume",), ("replay", "--since", "2026-01-01", "--member", "m-1"), ("remove",)):
        assert run("webhook", verb, made, *more).exit_code == 0

    rows = written(desk, *(f"webhook.{verb}" for verb in ("added", "rotated", "resumed", "replayed", "removed")))

    assert [event.partition(".")[2] for event, _, _ in rows] == ["added", "rotated", "resumed", "replayed", "removed"]
    assert {actor for _, actor, _ in rows} == {operator()}
    assert {detail["endpoint_id"] for _, _, detail in rows} == {made}
    assert rows[3][2]["member"] == member_digest("m-1")
    assert "secret-path" not in str(rows)


def test_an_endpoint_by_the_api_is_recorded_with_the_key(desk: Desk, api: Api) -> None:
    Account(api, desk).administer("/v1/webhooks", {"url": "https://shop.example.com/hooks"})

    assert actors(desk, "webhook.added") == ["lead"]


def test_a_task_that_an_operator_parks_and_retries_is_recorded(desk: Desk, run: Run) -> None:
    desk.submit_avatar()
    task = str(desk.only_task(INSPECT).id)

    run("task", "park", task, "--reason", "Marker waits for a repair")
    run("task", "retry", task)
    run("task", "park", task, "--reason", "Marker waits for a repair")
    run("task", "retry-parked", "--error", "Parked by an operator")

    detail = {"task_id": task, "kind": INSPECT.name}
    assert (
        written(desk, "task.parked", "task.retried")
        == [
            ("task.parked", operator(), detail),
            ("task.retried", operator(), detail),
        ]
        * 2
    )


def test_a_members_session_is_recorded_from_its_link_to_its_end(desk: Desk, api: Api) -> None:
    session = Session(api, "m-1")
    session.call("DELETE", "/v1/session")

    rows = written(desk, "member_link.made", "member_session.opened", "member_session.ended")

    assert [(event, actor) for event, actor, _ in rows] == [
        ("member_link.made", "upstream"),
        ("member_session.opened", f"member:{member_digest('m-1')}"),
        ("member_session.ended", f"member:{member_digest('m-1')}"),
    ]
    assert {detail["member"] for _, _, detail in rows} == {member_digest("m-1")}


def test_a_members_session_that_a_service_ends_is_recorded_with_the_service(desk: Desk, api: Api) -> None:
    Session(api, "m-1")
    (line,) = api.get("/v1/sessions", member_id="m-1").json()

    assert api.call("DELETE", f"/v1/sessions/{line['id']}", key=api.submit_key).status_code == 204

    ((_, actor, detail),) = written(desk, "member_session.ended")
    assert (actor, detail["session"], detail["member"]) == ("upstream", line["id"], member_digest("m-1"))
    ((_, reader, read),) = written(desk, "member.read")
    assert (reader, read["route"], read["member"]) == ("upstream", "GET /v1/sessions", member_digest("m-1"))


def test_secrets_that_are_wrapped_anew_are_recorded_with_their_number(desk: Desk, run: Run) -> None:
    run("webhook", "add", "https://shop.example.com/hooks")

    assert run("secrets", "rotate").exit_code == 0

    assert written(desk, "secrets.rotated") == [("secrets.rotated", operator(), {"rows": 0, "older": 0})]


def test_a_member_who_is_given_to_a_service_is_named_by_a_digest(desk: Desk, run: Run) -> None:
    assert run("key", "give", "member", "m-1", "shop").exit_code == 0

    detail = {"kind": "member", "member": member_digest("m-1"), "service": "shop"}
    assert written(desk, "ownership.given") == [("ownership.given", operator(), detail)]


def test_what_a_service_reads_of_a_member_is_recorded_once_a_minute(desk: Desk, api: Api) -> None:
    account = Account(api, desk)
    account.put("personal-information", person())
    submission = desk.submit_avatar("m-2")
    for _ in range(3):
        account.get("personal-information")
        account.get("points/entries")
        api.get(f"/v1/submissions/{submission}")
        api.get("/v1/submissions", member_id="m-2")
        api.get("/v1/submissions")

    rows = [row for row in desk.rows(audit) if row.event == "member.read"]

    first, second = member_digest("m-1"), member_digest("m-2")
    assert [(row.actor, row.detail.get("member"), row.submission_id, row.detail["route"]) for row in rows] == [
        ("upstream", first, None, "GET /v1/members/{member_id}/personal-information"),
        ("upstream", first, None, "GET /v1/members/{member_id}/points/entries"),
        ("upstream", None, submission, "GET /v1/submissions/{submission_id}"),
        ("upstream", second, None, "GET /v1/submissions"),
        ("upstream", None, None, "GET /v1/submissions"),
    ]


def test_two_web_processes_record_one_read_once(desk: Desk, api: Api, tools: Container) -> None:
    desk.submit_avatar("m-1")
    for _ in range(2):
        tools.__dict__.pop("member_reads", None)
        api.get("/v1/members/m-1/membership")

    assert len(written(desk, "member.read")) == 1


def test_a_member_who_reads_their_own_is_not_recorded(desk: Desk, api: Api) -> None:
    Session(api, "m-1").get("/v1/members/m-1/membership")

    assert written(desk, "member.read") == []


@pytest.mark.parametrize(
    "arguments", [("membership", "show", "m-1"), ("history", "trace-1"), ("membership", "reviews")]
)
def test_what_an_operator_reads_is_recorded(desk: Desk, run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 0

    assert actors(desk, "member.read") == [operator()]


def test_a_search_is_recorded_by_a_digest_that_its_key_alone_can_make(desk: Desk, tools: Container) -> None:
    digests = tools.audit_digests
    assert digests is not None
    for wanted in ("marker-7", "marker-8"):
        find_submissions.find(wanted, reviewer_id="r-1", db=tools.db, policy=tools.policy, digests=digests)

    rows = written(desk, "search.made")

    assert [detail["query"] for _, _, detail in rows] == [digests.of("marker-7"), digests.of("marker-8")]
    assert "marker" not in str(rows)


def test_a_search_in_the_console_is_recorded(desk: Desk, tools: Container) -> None:
    signed_in(hasty(tools)).get("/console/find?q=m-1")

    assert actors(desk, "search.made") == ["m.lee"]


def test_whoever_is_signed_out_by_somebody_is_recorded_with_both(desk: Desk, tools: Container) -> None:
    staff(tools, "m.lee", password=None)
    signed_in(hasty(tools), "m.lee")
    boss = signed_in(hasty(tools), "boss", roles=(Role.ADMIN,))

    boss.post("/console/people/m.lee/sessions/end")

    ((_, actor, detail),) = written(desk, "session.ended")
    assert (actor, detail["reviewer"]) == ("boss", "m.lee")


def guess(tools: Container, name: str, address: str) -> None:
    with pytest.raises((SignInRefused, TooManyTries)):
        sign_in(name, "Marker-1234", address=address, now=clock.now(), context=tools.sign_in_context)


def test_failed_sign_ins_say_who_and_from_where_in_digests(desk: Desk, tools: Container) -> None:
    staff(tools, "m.lee", password=None)
    made = hasty(tools)
    guess(made, "m.lee", "198.51.100.7")
    guess(made, "Marker typed a password here", "198.51.100.7")

    rows = written(desk, "sign_in.refused")

    assert [actor for _, actor, _ in rows] == ["m.lee", "nobody"]
    assert "Marker" not in str(rows)
    assert "198.51" not in str(rows)


def test_many_failures_of_a_minute_are_two_rows_the_second_with_their_number(desk: Desk, tools: Container) -> None:
    staff(tools, "m.lee", password=None)
    for _ in range(4):
        guess(hasty(tools), "m.lee", "198.51.100.7")
    desk.sql("UPDATE audit_tally SET minute = minute - interval '5 minutes'")

    assert write_ended(tools.db) >= 1
    assert write_ended(tools.db) == 0

    rows = written(desk, "sign_in.refused")
    assert [detail.get("times") for _, _, detail in rows] == [None, 4]
    assert desk.rows(audit_tally) == []


def test_a_stranger_with_many_addresses_cannot_fill_the_record(
    desk: Desk, tools: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST_A_MINUTE", 2)
    made = hasty(tools)
    context = replace(made.sign_in_context, digests=tools.audit_digests)
    for number in range(12):
        with pytest.raises(SignInRefused):
            sign_in(f"name-{number}", "wrong", address=f"198.51.{number}.1", now=clock.now(), context=context)

    rows = written(desk, "sign_in.refused")

    assert len(rows) <= 2 * (2 + 1), "the minute may end in between, and more than that is too many"
    assert OTHERS in {actor for _, actor, _ in rows}


def test_a_policy_is_recorded_when_it_is_another_one_than_before(desk: Desk, tools: Container) -> None:
    done = [put_in_force(version, process="web", db=tools.db) for version in ("a-1", "a-1", "b-2", "a-1")]

    assert done == [True, False, True, True]
    assert [detail["policy"] for _, _, detail in written(desk, "policy.put_in_force")] == ["a-1", "b-2", "a-1"]
