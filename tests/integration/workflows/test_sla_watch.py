"""Promises that are watched: what will soon be late is told once, and what is late once more."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from pipeline.account.subscriptions import choose
from pipeline.events.tables import event
from pipeline.intake.accept import accept, withdraw
from pipeline.intake.records import Door
from pipeline.kernel import clock
from pipeline.kernel.validation import parse_submission
from pipeline.notification.tables import mail as mail_table
from pipeline.submission.tables import submission
from pipeline.tasks.rules import SEND_MAIL, WATCH_SLA
from pipeline.tasks.schedule import Scheduled, fire_due
from pipeline.workflows import sla_watch
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.mails import words
from tests.support.methods import email_body
from tests.support.together import at_once
from tests.support.watching import due_of, warn_of, watched

SECOND = timedelta(seconds=1)
SIGNS = ["submission.due_soon", "submission.overdue"]


def told(desk: Desk) -> list[str]:
    return [row.type for row in desk.rows(event) if row.type in SIGNS]


def signs(desk: Desk, submission_id: UUID) -> list[str]:
    return [each for each in desk.history(submission_id) if each in SIGNS]


@pytest.mark.parametrize("kind", ["avatar", "verification"])
def test_what_stays_open_is_warned_of_once_and_is_late_once(desk: Desk, kind: str) -> None:
    mine = desk.case_waiting(kind=kind)
    warn_at, due_at = warn_of(desk, mine), due_of(desk, mine)
    expected: list[list[str]] = []

    for now in (warn_at - SECOND, warn_at, due_at - SECOND, due_at, due_at + SECOND):
        watched(desk, now)
        expected.append(told(desk))

    assert expected == [[], SIGNS[:1], SIGNS[:1], SIGNS, SIGNS]
    assert signs(desk, mine) == SIGNS
    assert [row.watch_at for row in desk.rows(submission)] == [None]


def test_the_event_says_until_when_it_was_promised_and_why(desk: Desk) -> None:
    mine = desk.case_waiting(kind="verification")
    seen = desk.submission(mine)

    watched(desk, warn_of(desk, mine))

    (said,) = [row.data for row in desk.rows(event) if row.type in SIGNS]
    assert datetime.fromisoformat(said["due_at"]) == seen.due.promise_at
    assert (said["why"], said["state"], said["version"]) == (seen.due.why, "in_review", seen.version)


@pytest.mark.parametrize(
    ("kind", "says"), [("avatar", "your new avatar"), ("verification", "the stage “Verified member”")]
)
def test_the_member_is_told_before_the_promise_is_broken_that_it_takes_longer(desk: Desk, kind: str, says: str) -> None:
    mine = desk.case_waiting(kind=kind)

    watched(desk, warn_of(desk, mine))
    watched(desk, due_of(desk, mine))
    desk.run_due(SEND_MAIL)

    (mail,) = desk.mails()
    assert says in words(mail)
    assert "may take longer" in str(mail["Subject"])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert desk.submission(mine).effects == ()


def test_a_member_who_left_the_category_is_not_written_to_and_upstream_is_told_all_the_same(desk: Desk) -> None:
    mine = desk.case_waiting()
    choose("m-1", {"notifications": False}, actor="m-1", trace="t", db=desk.tools.db, policy=desk.tools.policy)

    watched(desk, warn_of(desk, mine))

    assert told(desk) == ["submission.due_soon"]
    assert desk.rows(mail_table) == []


def test_nobody_is_told_to_wait_where_it_is_the_member_who_is_waited_for(desk: Desk) -> None:
    mine = desk.accept(email_body()).id

    watched(desk, warn_of(desk, mine))

    assert told(desk) == ["submission.due_soon"]
    assert desk.rows(mail_table) == []


def test_what_was_not_looked_at_in_time_is_late_and_nobody_is_warned_any_more(desk: Desk) -> None:
    mine = desk.case_waiting()

    watched(desk, due_of(desk, mine))

    assert signs(desk, mine) == ["submission.overdue"]


def test_a_result_that_is_there_is_neither_warned_of_nor_late(desk: Desk) -> None:
    mine = desk.submit_avatar()
    desk.inspect()
    desk.approve()
    desk.let_backoff_pass()
    desk.run_due()
    due_at = due_of(desk, mine)

    watched(desk, due_at - SECOND)

    assert [row.watch_at for row in desk.rows(submission)] == [None]
    watched(desk, due_at)
    assert signs(desk, mine) == []


def test_what_is_decided_is_late_all_the_same_where_its_result_has_not_left(desk: Desk) -> None:
    mine = desk.case_waiting()
    desk.reject()
    due_at = due_of(desk, mine)

    watched(desk, due_at - SECOND)
    before = signs(desk, mine)
    watched(desk, due_at)

    assert before == []
    assert signs(desk, mine) == ["submission.overdue"]


@pytest.mark.parametrize("end", ["superseded", "withdrawn"])
def test_what_the_member_took_back_is_never_late(desk: Desk, end: str) -> None:
    mine = desk.case_waiting()
    if end == "superseded":
        desk.submit_avatar()
    else:
        withdraw(mine, caller="test", db=desk.tools.db)

    watched(desk, due_of(desk, mine))

    assert signs(desk, mine) == []


def test_watchers_at_the_same_moment_tell_each_once(desk: Desk) -> None:
    cases = [desk.case_waiting(f"m-{number}") for number in range(6)]
    now = max(warn_of(desk, each) for each in cases)

    _, raised = at_once(4, lambda number: watched(desk, now, name=f"-{number}"))

    assert raised == []
    assert told(desk) == ["submission.due_soon"] * 6
    assert len(desk.rows(mail_table)) == 6
    assert [signs(desk, each) for each in cases] == [["submission.due_soon"]] * 6


def test_one_that_cannot_be_looked_at_does_not_stop_the_rest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = desk.case_waiting("m-1"), desk.case_waiting("m-2")
    desk.sql("UPDATE submission SET due_rule = '{}' WHERE id = :id", id=broken)
    monkeypatch.setattr(sla_watch, "BATCH", 1)

    watched(desk, due_of(desk, sound) + SECOND)

    assert (signs(desk, broken), signs(desk, sound)) == ([], ["submission.overdue"])
    assert desk.parked() == []


def test_an_avatar_that_waited_before_it_was_submitted_is_warned_of_earlier(desk: Desk) -> None:
    accepted_at = clock.now() + timedelta(hours=21)
    mine = accept(
        parse_submission(avatar_body(desk.upload(photo()))),
        door=Door("http", "test", "trace-1"),
        now=accepted_at,
        context=desk.tools.intake,
    ).id
    desk.inspect()

    watched(desk, accepted_at)

    assert signs(desk, mine) == ["submission.due_soon"]


def test_the_schedule_brings_the_watch_each_minute(desk: Desk) -> None:
    desk.case_waiting()
    desk.sql("UPDATE submission SET due_at = now() - interval '1 hour', watch_at = now() - interval '1 hour'")

    fire_due(desk.tools.db, schedule=[Scheduled(WATCH_SLA, timedelta(minutes=1))])
    desk.run_due(WATCH_SLA)

    assert told(desk) == ["submission.overdue"]


def test_looking_for_what_is_due_reads_no_other_submission(desk: Desk) -> None:
    for number in range(3):
        desk.case_waiting(f"m-{number}")
    desk.sql("ANALYZE submission")
    with desk.tools.db.begin() as connection:
        for other_way in ("seqscan", "bitmapscan", "sort"):  # with three rows the planner may well take one of these
            connection.exec_driver_sql(f"SET LOCAL enable_{other_way} = off")
        plan = connection.exec_driver_sql(
            "EXPLAIN SELECT watch_at, id FROM submission WHERE watch_at <= now() ORDER BY watch_at, id LIMIT 200"
        ).scalars()
        lines = list(plan)

    assert "using ix_submission_watch" in lines[1]
    assert not any("Filter" in line for line in lines)
