"""Passing on and asking for a better file at a terminal."""

from typing import Any

import pytest

from config.container import Container
from pipeline.kernel.errors import ColleagueNotEligible, Invalid
from tests.support.colleagues import people, seniors
from tests.support.command import Run, command, printed
from tests.support.desk import Desk


@pytest.fixture
def run(tools: Container, monkeypatch: pytest.MonkeyPatch) -> Run:
    return command(tools, monkeypatch)


def claimed(run: Run, reviewer: str, *more: str) -> dict[str, Any]:
    case: dict[str, Any] = printed(run("review", "claim", "--as", reviewer, "--json", *more))
    return case


def mine(case: dict[str, Any], reviewer: str) -> tuple[str, ...]:
    return case["claim"]["id"], "--token", case["claim"]["token"], "--as", reviewer


def test_a_better_file_is_asked_for_at_a_terminal(run: Run, desk: Desk) -> None:
    submission = desk.case_waiting(kind="verification")
    people(desk, "m.lee")
    case = claimed(run, "m.lee")

    refused = run("review", "better-file", *mine(case, "m.lee"))
    decided = printed(run("review", "better-file", *mine(case, "m.lee"), "--reason", "cut_off", "--json"))

    assert isinstance(refused.exception, Invalid)
    assert "cut_off" in [each["code"] for each in case["better_file_reasons"]]
    assert (decided["verdict"], desk.state(submission)) == ("better_file", "refused")


def test_a_case_is_escalated_at_a_terminal_and_a_senior_reads_why(run: Run, desk: Desk) -> None:
    desk.case_waiting()
    people(desk, "m.lee")
    run("reviewer", "add", "a.sato", "--role", "senior")

    escalated = run("review", "escalate", *mine(claimed(run, "m.lee"), "m.lee"), "--note", "Is this one person?")
    case = claimed(run, "a.sato", "--queue", "senior")
    shown = run("review", "show", case["claim"]["id"], "--as", "a.sato")

    assert escalated.stdout == "Escalated.\n"
    assert "Is this one person?" in shown.stdout
    assert "better-file" in shown.stdout


def test_a_case_is_handed_over_and_taken_up_at_a_terminal(run: Run, desk: Desk) -> None:
    submission = desk.case_waiting()
    people(desk, "m.lee", "j.diaz")
    case = claimed(run, "m.lee")

    stranger = run("review", "hand-over", case["claim"]["id"], "nobody", *mine(case, "m.lee")[1:])
    offered = run("review", "hand-over", case["claim"]["id"], "j.diaz", *mine(case, "m.lee")[1:], "--note", "Yours?")
    (offer,) = printed(run("review", "mine", "--as", "j.diaz", "--json"))["claims"]
    listed = run("review", "mine", "--as", "j.diaz")
    taken = printed(run("review", "take-up", offer["claim"]["id"], "--as", "j.diaz", "--json"))

    assert isinstance(stranger.exception, ColleagueNotEligible)
    assert "Offered to j.diaz until" in offered.stdout
    assert "offered" in listed.stdout
    assert (taken["submission_id"], taken["offer"]) == (str(submission), {"reviewer": "m.lee", "note": "Yours?"})


def test_the_queues_are_listed_with_what_waits_for_seniors(run: Run, desk: Desk) -> None:
    desk.case_waiting("m-1")
    desk.case_waiting("m-2")
    people(desk, "m.lee")
    seniors(desk, "a.sato")
    run("review", "escalate", *mine(claimed(run, "m.lee"), "m.lee"), "--note", "Please look")

    listed = printed(run("queue", "--json"))["queues"]

    assert [(each["queue"], each["waiting"]) for each in listed] == [("avatar", 1), ("senior", 1)]
    assert "senior" in run("queue").stdout
