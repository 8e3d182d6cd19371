"""The `proofdesk` command as operators and scripts use it."""

import json
from pathlib import Path
from typing import Any

import pytest

from config.container import Container
from pipeline.access.member_sessions import LinkNotValid, open_link
from pipeline.intake.parked import park_message
from pipeline.kernel.errors import ClaimExpired, Invalid, NotFound
from tests.support.command import Run, command, printed
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.undoing import patient


@pytest.fixture
def run(tools: Container, monkeypatch: pytest.MonkeyPatch) -> Run:
    return command(tools, monkeypatch)


@pytest.fixture
def avatar(tmp_path: Path) -> str:
    file = tmp_path / "me.jpg"
    file.write_bytes(photo())
    return str(file)


def submitted(run: Run, avatar: str, *more: str) -> Any:
    return printed(
        run("submit", avatar, "--member", "m-1", "--name", "Lin", "--email", "lin@example.com", "--json", *more)
    )


def test_submit_accepts_a_file_by_the_door_cli(run: Run, desk: Desk, avatar: str) -> None:
    answer = submitted(run, avatar)
    desk.inspect()

    view = desk.submission(answer["id"])
    assert view.door == "cli"
    assert view.state == "in_review"


def test_submit_with_the_same_key_submits_once(run: Run, avatar: str) -> None:
    first = submitted(run, avatar, "--idempotency-key", "k-1")
    again = submitted(run, avatar, "--idempotency-key", "k-1")

    assert first == again


def test_submit_of_a_file_that_is_not_there_says_so(run: Run, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.jpg")

    result = run("submit", missing, "--member", "m-1", "--name", "Lin", "--email", "lin@example.com")

    assert isinstance(result.exception, Invalid)
    assert [problem.code for problem in result.exception.problems] == ["unreadable_file"]


def test_a_case_is_claimed_shown_renewed_and_decided_at_a_terminal(run: Run, desk: Desk, avatar: str) -> None:
    submission = submitted(run, avatar)
    desk.inspect()
    run("reviewer", "add", "m.lee")

    case = printed(run("review", "claim", "--as", "m.lee", "--json"))
    claim = case["claim"]
    shown = run("review", "show", claim["id"], "--as", "m.lee")
    renewed = run("review", "renew", claim["id"], "--token", claim["token"], "--as", "m.lee")
    answers = {item["code"]: True for item in case["materials"][0]["checklist"]}
    decision = {
        "token": claim["token"],
        "fence": claim["fence"],
        "version": case["version"],
        "verdict": "approve",
        "materials": [{"material_id": case["materials"][0]["id"], "checklist": answers}],
    }
    decided = printed(run("review", "decide", claim["id"], "--as", "m.lee", "--json", given=json.dumps(decision)))

    assert "one person, not a group photo" in shown.stdout
    assert "Yours until" in renewed.stdout
    assert decided["state"] == "approved"
    assert desk.submission(submission["id"]).state == "approved"


def test_a_decision_is_undone_at_a_terminal_and_the_case_is_the_reviewers_again(run: Run, desk: Desk) -> None:
    late = patient(desk)
    submission = late.case_waiting()
    decided = late.approve()

    case = printed(run("review", "undo", str(decided.id), "--as", "r-1", "--json"))

    assert (case["submission_id"], case["claim"]["reviewer"]) == (str(submission), "r-1")
    assert desk.state(submission) == "in_review"


def test_a_released_case_goes_back_to_the_queue(run: Run, desk: Desk) -> None:
    desk.case_waiting()
    run("reviewer", "add", "m.lee")
    claim = printed(run("review", "claim", "--as", "m.lee", "--json"))["claim"]

    run("review", "release", claim["id"], "--token", claim["token"], "--as", "m.lee", "--skip", "I know them")

    assert printed(run("queue", "--json"))["queues"][0]["waiting"] == 1
    assert isinstance(run("review", "show", claim["id"], "--as", "m.lee").exception, ClaimExpired)
    assert run("review", "claim", "--as", "m.lee").stdout.strip() == "No case waits for you."


def test_a_reviewer_whom_nobody_added_is_told_how_to_be(run: Run) -> None:
    result = run("review", "claim", "--as", "nobody")

    assert isinstance(result.exception, NotFound)
    assert "proofdesk reviewer add nobody" in str(result.exception)


def test_a_parked_message_is_listed_shown_and_tried_again(run: Run, desk: Desk, tools: Container) -> None:
    park_message(
        {"submission": {"kind": "x"}, "idempotency_key": "k", "correlation_id": "c"},
        reason="odd",
        dedup="k",
        db=tools.db,
    )

    listed = printed(run("task", "list", "--state", "parked", "--json"))
    for_people = run("task", "list")
    run("task", "retry", listed[0]["id"])
    desk.run_due()

    assert [task["last_error"] for task in listed] == ["odd"]
    assert "odd" in for_people.stdout
    shown = printed(run("task", "show", listed[0]["id"], "--json"))
    assert shown["state"] == "parked"
    assert "kind" in shown["last_error"]


def test_a_waiting_task_is_parked_with_the_operators_reason(run: Run, desk: Desk) -> None:
    desk.submit_avatar()
    task = printed(run("task", "list", "--json"))[0]

    run("task", "park", task["id"], "--reason", "looking into it")

    assert desk.run_due() == 0
    assert "looking into it" in printed(run("task", "show", task["id"], "--json"))["last_error"]


def test_a_key_that_is_made_works_until_it_is_revoked(run: Run) -> None:
    made = printed(run("key", "create", "--name", "shop", "--scope", "submit", "--json"))

    revoked = run("key", "revoke", made["id"])

    assert made["key"].startswith("pd_")
    assert "is revoked" in revoked.stdout
    assert isinstance(run("key", "revoke", made["id"]).exception, NotFound)


def test_a_test_key_has_all_that_it_may_have_and_is_listed_as_one(run: Run) -> None:
    made = printed(run("key", "create", "--name", "trial", "--service", "shop", "--test", "--json"))

    (listed,) = printed(run("key", "list", "--json"))

    assert (made["test"], listed["test"]) == (True, True)
    assert (listed["service"], listed["members_prefix"]) == ("test:shop", "test:")
    assert "submissions:write" in listed["scopes"]
    assert isinstance(run("key", "create", "--name", "x", "--scope", "submit", "--test").exception, Invalid)
    assert isinstance(run("key", "create", "--name", "x").exception, Invalid)


def test_a_key_is_made_within_bounds_and_listed(run: Run) -> None:
    bounds = ("--prefix", "shop-1-", "--service", "shop-1", "--expires-in", "90d")
    made = printed(run("key", "create", "--name", "shop", "--scope", "submissions:read", *bounds, "--json"))

    (listed,) = printed(run("key", "list", "--json"))

    assert listed["id"] == made["id"]
    assert (listed["scopes"], listed["members_prefix"], listed["service"]) == (
        ["submissions:read"],
        "shop-1-",
        "shop-1",
    )
    assert (listed["state"], listed["last_used_at"], listed["expires_at"] is None) == ("live", None, False)
    assert made["key"].rpartition("_")[2] not in run("key", "list").stdout


def test_a_key_is_rotated_with_an_overlap_and_revoked(run: Run) -> None:
    made = printed(run("key", "create", "--name", "shop", "--scope", "submit", "--json"))

    after = printed(run("key", "rotate", made["id"], "--overlap", "24h", "--json"))
    revoked = printed(run("key", "revoke", made["id"], "--json"))

    assert after["follows"] == made["id"]
    assert after["key"].startswith("pd_")
    assert revoked == {"id": made["id"], "state": "revoked"}
    assert {each["id"]: each["state"] for each in printed(run("key", "list", "--json"))} == {
        made["id"]: "revoked",
        after["key_id"]: "live",
    }


def test_a_member_is_given_to_a_service(run: Run, avatar: str) -> None:
    submitted(run, avatar)

    given = printed(run("key", "give", "member", "m-1", "shop-1", "--json"))

    assert given == {"kind": "member", "name": "m-1", "service": "shop-1", "submissions": 1}
    assert isinstance(run("key", "give", "member", "m-1", "queue").exception, Invalid)


@pytest.mark.parametrize("written", ["24", "h", "-1h", "1w", "1.5h", "9999999d"])
def test_a_time_that_is_none_is_refused(run: Run, written: str) -> None:
    result = run("key", "create", "--name", "shop", "--scope", "submit", "--expires-in", written)

    assert result.exit_code == 2
    assert "30m, 24h or 90d" in result.output


def test_a_review_key_needs_a_reviewer(run: Run) -> None:
    result = run("key", "create", "--name", "desk", "--scope", "review")

    assert isinstance(result.exception, Invalid)


def test_history_tells_every_step_with_who_took_it(run: Run, desk: Desk, avatar: str) -> None:
    submission = submitted(run, avatar)
    desk.inspect()

    by_id = printed(run("history", submission["id"], "--json"))
    by_correlation = printed(run("history", submission["correlation_id"], "--json"))

    assert [(step["event"], step["actor"]) for step in by_id] == [
        ("submission.accepted", "cli"),
        ("submission.cleared", "inspector"),
    ]
    assert by_correlation == by_id


def test_doctor_names_dead_work_and_what_to_do_about_it(run: Run, tools: Container) -> None:
    park_message({}, reason="odd", dedup="k", db=tools.db)

    result = run("doctor", "--json")

    wrong = [check for check in json.loads(result.stdout) if not check["ok"]]
    assert [check["check"] for check in wrong] == ["dead work"]
    assert "proofdesk task list" in wrong[0]["advice"]
    assert result.exit_code == 1


def test_an_endpoint_is_added_asked_after_given_a_fresh_secret_and_sent_a_members_events_again(
    run: Run, desk: Desk
) -> None:
    desk.case_waiting("m-1")
    desk.case_waiting("m-2")

    made = printed(run("webhook", "add", "https://shop.example.com/hooks", "--type", "submission.received", "--json"))
    replayed = run("webhook", "replay", made["endpoint_id"], "--since", "2026-01-01", "--member", "m-2")
    fresh = printed(run("webhook", "rotate", made["endpoint_id"], "--json"))

    (listed,) = printed(run("webhook", "list", "--json"))
    assert replayed.stdout == "1 events are on their way.\n"
    assert (listed["id"], listed["types"], listed["pending"]) == (made["endpoint_id"], ["submission.received"], 1)
    assert made["secret"] != fresh["secret"]
    assert fresh["previous_valid_until"] is not None


def test_the_types_of_events_are_listed_with_their_schemas(run: Run) -> None:
    types = printed(run("webhook", "types", "--json"))

    assert "submission.due_soon" in types
    assert types["points.changed"]["properties"]["type"] == {"const": "points.changed"}


def test_the_link_to_the_members_page_opens_once(run: Run, tools: Container) -> None:
    made = printed(run("member", "link", "m-1", "--name", "Ana Lima", "--email", "ana@example.com", "--json"))
    ticket = made["url"].partition("/member/#")[2]

    opened = open_link(ticket, db=tools.db, rules=tools.policy.member_page)

    assert (opened.member_id, opened.member.name) == ("m-1", "Ana Lima")
    with pytest.raises(LinkNotValid):
        open_link(ticket, db=tools.db, rules=tools.policy.member_page)


def test_a_link_for_an_address_that_is_none_is_refused_in_words(run: Run) -> None:
    result = run("member", "link", "m-1", "--name", "Ana Lima", "--email", "nowhere")

    assert isinstance(result.exception, Invalid)
    assert [problem.path for problem in result.exception.problems] == ["member.email"]
