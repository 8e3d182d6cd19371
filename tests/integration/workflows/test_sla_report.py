"""What `proofdesk sla` counts, on real submissions whose times are moved."""

import json
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from config.container import Container
from pipeline.policy.service_levels import Clock
from pipeline.submission.audit import audit
from pipeline.submission.tables import submission
from pipeline.workflows.sla_report import Outcome, SlaWeek, outcomes, sla_weeks, summed
from tests.support.desk import Desk

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
CLOCK = Clock(
    country="DE",
    timezone="Europe/Berlin",
    working_weekdays=(0, 1, 2, 3, 4),
    opens=time(9),
    closes=time(17),
    avatar_hours=24,
    verification_target_days=2,
    verification_promise_days=4,
    avatar_warning_hours=4,
    verification_warning_hours=8,
)


def outcome(*, due: int, result: int | None) -> Outcome:
    """One that is accepted on Monday at 10 in Berlin; the rest is hours after that."""
    after = None if result is None else MONDAY + timedelta(hours=result)
    return Outcome("verification", MONDAY, MONDAY + timedelta(hours=due), after)


def accepted(desk: Desk, submission_id: UUID, at: datetime) -> None:
    """As if it had been accepted then, and promised within a day."""
    moved = update(submission).where(submission.c.id == submission_id)
    with desk.tools.db.begin() as connection:
        connection.execute(moved.values(accepted_at=at, due_at=at + timedelta(hours=24)))


def happened(desk: Desk, submission_id: UUID, event: str, at: datetime) -> None:
    moved = update(audit).where(audit.c.submission_id == submission_id, audit.c.event == event)
    with desk.tools.owner.begin() as connection:
        assert connection.execute(moved.values(at=at)).rowcount == 1


def of(desk: Desk, now: datetime) -> list[SlaWeek]:
    return sla_weeks(since=MONDAY - timedelta(days=30), now=now, db=desk.tools.db, clock=CLOCK)


@pytest.mark.parametrize(
    ("found", "kept", "late", "waiting"),
    [
        ([outcome(due=24, result=23)], 1, 0, 0),
        ([outcome(due=24, result=24)], 1, 0, 0),
        ([outcome(due=24, result=25)], 0, 1, 0),
        ([outcome(due=24, result=None)], 0, 1, 0),
        ([outcome(due=240, result=None)], 0, 0, 1),
        ([outcome(due=24, result=1), outcome(due=24, result=30), outcome(due=240, result=None)], 1, 1, 1),
    ],
)
def test_a_promise_is_kept_late_or_open(found: list[Outcome], kept: int, late: int, waiting: int) -> None:
    line = summed(found, week="2026-W47", now=MONDAY + timedelta(hours=100), clock=CLOCK)

    assert (line.kept, line.late, line.waiting) == (kept, late, waiting)


def test_times_are_those_at_which_the_team_worked() -> None:
    found = [outcome(due=240, result=hours) for hours in (1, 24, 120)]

    line = summed(found, week="2026-W47", now=MONDAY, clock=CLOCK)

    assert (line.p50_hours, line.p90_hours, line.p99_hours) == (8.0, 39.0, 39.0)


def test_an_avatar_is_there_when_it_is_visible_and_a_rejection_when_its_mail_is_handed_over(desk: Desk) -> None:
    approved = desk.submit_avatar("m-1")
    desk.inspect()
    desk.approve()
    rejected = desk.submit_avatar("m-2")
    desk.inspect()
    desk.reject()
    desk.let_backoff_pass()
    desk.run_due()
    for each in (approved, rejected):
        accepted(desk, each, MONDAY)
    happened(desk, approved, "avatar.published", MONDAY + timedelta(hours=2))
    happened(desk, rejected, "mail.sent", MONDAY + timedelta(hours=30))

    (line,) = of(desk, now=MONDAY + timedelta(days=9))

    assert (line.week, line.kind, line.kept, line.late, line.kept_percent) == ("2026-W47", "avatar", 1, 1, 50.0)


def test_what_the_member_took_back_was_never_promised(desk: Desk) -> None:
    desk.submit_avatar("m-1")
    newer = desk.submit_avatar("m-1")

    assert [each.result_at for each in outcomes(since=MONDAY - timedelta(days=999), db=desk.tools.db)] == [None]
    assert desk.state(newer) == "received"


def test_weeks_are_the_teams_and_the_latest_comes_first(desk: Desk) -> None:
    sunday_late = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)  # Monday in Berlin
    for number, at in enumerate((sunday_late - timedelta(hours=2), sunday_late)):
        accepted(desk, desk.submit_avatar(f"m-{number}"), at)

    assert [line.week for line in of(desk, now=MONDAY)] == ["2026-W47", "2026-W46"]


def test_the_command_prints_them(desk: Desk, tools: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner  # noqa: PLC0415  (only here)

    from cli.main import app  # noqa: PLC0415

    for name, value in tools.settings.model_dump(mode="json", exclude_none=True).items():
        monkeypatch.setenv(f"PROOFDESK_{name.upper()}", str(value))
    desk.submit_avatar()

    printed = CliRunner().invoke(app(["sla"]), ["sla", "--json"])

    assert [(line["kind"], line["waiting"]) for line in json.loads(printed.stdout)] == [("avatar", 1)]
