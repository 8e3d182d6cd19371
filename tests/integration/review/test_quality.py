"""Golden cases, disagreements and the numbers, on real cases."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from config.container import Container
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.kernel import clock
from pipeline.kernel.errors import AlreadyThere, Invalid, NotFound
from pipeline.review.claims.lease import renew
from pipeline.review.claims.service import release
from pipeline.review.quality.adjudication import NothingToAdjudicate, adjudicate, adjudication, adjudications, page_of
from pipeline.review.quality.golden import NotDecided, golden_cases, mark, retire
from pipeline.review.quality.metrics import quality
from pipeline.review.tables import check
from pipeline.submission.tables import decision
from schemas.quality import AdjudicationRequest, GoldenRequest, QualityView
from tests.support.desk import Desk
from tests.support.quality import blind, checking, is_blind, only_check

JPEG = b"\xff\xd8"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    add_reviewer("lead", db=desk.tools.db)
    return checking(desk)


def decided_twice(desk: Desk, first: str, second: str, *, member_id: str = "m-1", again: Desk | None = None) -> UUID:
    """A case that r-1 decided and r-2 looked at blind, at the same desk or another."""
    case = desk.submit_avatar(member_id)
    desk.inspect()
    held = desk.claimed("r-1")
    desk.decide(held, desk.request(held, first))
    desk.case_waiting(f"{member_id}-next")
    other = again or desk
    held = blind(other)
    other.decide(held, other.request(held, second))
    return case


def golden_desk(desk: Desk) -> Desk:
    return checking(desk, sample={}, mix=0.0, golden=1.0)


def marked(desk: Desk, *, verdict: str = "approve", reasons: tuple[str, ...] = ()) -> UUID:
    case = desk.case_waiting()
    desk.approve()
    said = {"submission_id": case, "verdict": verdict, "reasons": reasons}
    request = GoldenRequest.model_validate(said)
    return mark(request, by="lead", context=desk.tools.review)


def numbers(desk: Desk, *, queue: str | None = None, reviewer: str | None = None) -> QualityView:
    soon = clock.now() + timedelta(seconds=1)
    tools = desk.tools
    return quality(now=soon, weeks=2, context=tools.review, queue=queue, reviewer=reviewer)


def test_a_golden_case_comes_to_each_reviewer_once_and_counts_as_right_or_wrong(desk: Desk) -> None:
    desk = golden_desk(desk)
    marked(desk)
    for number in range(4):
        desk.case_waiting(f"m-{number + 10}")

    desk.approve(blind(desk, "r-2"))
    desk.reject(blind(desk, "r-3"))

    assert not is_blind(desk, desk.claimed("r-2"))
    assert not is_blind(desk, desk.claimed("r-1"))
    (view,) = golden_cases(context=desk.tools.review)
    assert (view.answered, view.right) == (2, 1)
    lines = {each.name: each for each in numbers(desk).reviewers}
    assert (lines["r-2"].error_percent, lines["r-3"].error_percent) == (0.0, 100.0)
    assert (lines["r-3"].golden, lines["r-3"].golden_right) == (1, 0)


def test_a_golden_case_that_was_given_back_is_still_that_reviewers(desk: Desk) -> None:
    desk = golden_desk(desk)
    marked(desk)
    desk.case_waiting("m-next")
    held = blind(desk)

    release(held.id, held.token, reviewer_id="r-2", context=desk.tools.review)

    assert is_blind(desk, blind(desk))
    assert len(desk.rows(check)) == 1


def test_a_retired_golden_case_is_given_to_nobody_and_may_be_marked_anew(desk: Desk) -> None:
    desk = golden_desk(desk)
    golden_id = marked(desk)
    (row,) = desk.rows(decision)
    again = GoldenRequest(submission_id=row.submission_id, verdict="reject", reasons=("group_photo",))
    with pytest.raises(AlreadyThere):
        mark(again, by="lead", context=desk.tools.review)

    retire(golden_id, by="lead", context=desk.tools.review)

    desk.case_waiting("m-next")
    assert not is_blind(desk, desk.claimed("r-2"))
    with pytest.raises(NotFound):
        retire(golden_id, by="lead", context=desk.tools.review)
    assert mark(again, by="lead", context=desk.tools.review) != golden_id


def test_only_a_decided_case_with_a_sound_answer_can_be_golden(desk: Desk) -> None:
    case = desk.case_waiting()
    tools = desk.tools
    request = GoldenRequest(submission_id=case, verdict="reject")

    with pytest.raises(NotDecided):
        mark(request, by="lead", context=tools.review)
    desk.approve()
    with pytest.raises(Invalid) as wrong:
        mark(request, by="lead", context=tools.review)

    assert [problem.code for problem in wrong.value.problems] == ["missing_reason"]


def test_a_lead_rules_on_a_disagreement_once_and_sees_what_both_saw(desk: Desk) -> None:
    case = decided_twice(desk, "approve", "reject")
    tools = desk.tools
    (found,) = adjudications(context=tools.review)
    assert (found.first.reviewer, found.first.verdict, found.second.reviewer) == ("r-1", "approve", "r-2")
    before = desk.submission(case)

    (page,) = adjudication(found.check_id, by="lead", context=tools.review).pages
    shown = page_of(found.check_id, page.material_id, page.page, by="lead", context=tools.review)
    adjudicate(found.check_id, AdjudicationRequest(ruling="second", note="two faces"), by="lead", context=tools.review)

    assert shown.startswith(JPEG)
    assert desk.history(case)[-2:] == ["material.opened", "check.ruled"]
    assert desk.submission(case) == before
    assert adjudications(context=tools.review) == ()
    assert [each.ruled_by for each in adjudications(done=True, context=tools.review)] == ["lead"]
    with pytest.raises(AlreadyThere, match="lead has ruled already"):
        adjudicate(found.check_id, AdjudicationRequest(ruling="first"), by="lead", context=tools.review)


def test_where_two_agree_there_is_nothing_to_rule(desk: Desk) -> None:
    decided_twice(desk, "reject", "reject")

    assert adjudications(context=desk.tools.review) == ()
    with pytest.raises(NothingToAdjudicate):
        adjudicate(only_check(desk), AdjudicationRequest(ruling="first"), by="lead", context=desk.tools.review)


def test_an_answer_that_can_still_be_undone_is_no_disagreement_yet(desk: Desk) -> None:
    decided_twice(desk, "approve", "reject", again=checking(desk, undo_window_seconds=3600))

    assert adjudications(context=desk.tools.review) == ()


def test_the_numbers_count_pairs_rulings_and_people(desk: Desk) -> None:
    decided_twice(desk, "approve", "approve", member_id="m-1")
    decided_twice(desk, "reject", "reject", member_id="m-2")
    decided_twice(desk, "approve", "reject", member_id="m-3")
    (found,) = adjudications(context=desk.tools.review)
    before = numbers(desk).all
    adjudicate(found.check_id, AdjudicationRequest(ruling="second"), by="lead", context=desk.tools.review)

    view = numbers(desk)

    assert (before.unruled, before.judged, before.wrong) == (1, 2, 0)
    assert (view.all.decided, view.all.pairs, view.all.agreement_percent, view.all.kappa) == (3, 3, 66.7, 0.4)
    assert (view.all.judged, view.all.wrong, view.all.error_percent) == (3, 1, 33.3)
    assert [(each.name, each.wrong) for each in view.reviewers] == [("r-1", 1), ("r-2", 0)]
    assert [(each.name, each.pairs) for each in view.queues] == [("avatar", 3)]
    assert view.weeks[-1].pairs == 3
    assert [(each.reason, each.given, each.kappa) for each in view.reasons] == [("group_photo", 3, 0.4)]
    assert numbers(desk, queue="verification").all.decided == 0
    assert [each.name for each in numbers(desk, reviewer="r-2").reviewers] == ["r-2"]


def test_handling_time_is_that_of_all_claims_without_the_silences(desk: Desk) -> None:
    desk.case_waiting()
    desk.let_claim_expire(desk.claimed())
    held = desk.claimed()
    renew(held.id, held.token, reviewer_id="r-1", context=desk.tools.review)
    desk.approve(held)
    desk.sql("UPDATE claim SET claimed_at = claimed_at - interval '40 seconds' WHERE state = 'decided'")
    desk.sql("UPDATE claim SET claimed_at = claimed_at - interval '1 hour' WHERE state = 'expired'")
    desk.sql("UPDATE audit SET at = at - interval '10 seconds' WHERE event = 'claim.renewed'")

    found = numbers(desk).all

    assert found.decided == 1
    assert found.p50_seconds == pytest.approx(40, abs=8)


def test_the_forecast_counts_what_waits_and_says_what_it_assumes(desk: Desk) -> None:
    for number in range(3):
        desk.case_waiting(f"m-{number}")
    desk.sql("UPDATE submission SET due_at = now() - interval '1 minute' WHERE member_id = 'm-0'")

    view = numbers(desk)

    assert [(each.queue, each.waiting, each.overdue, each.hours_to_clear) for each in view.forecast] == [
        ("avatar", 3, 1, None)
    ]
    assert "09:00 to 17:00 Europe/Berlin" in view.assumption


def test_the_command_prints_the_numbers(desk: Desk, tools: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner  # noqa: PLC0415  (only here)

    from cli.main import app  # noqa: PLC0415

    for name, value in tools.settings.model_dump(mode="json", exclude_none=True).items():
        monkeypatch.setenv(f"PROOFDESK_{name.upper()}", str(value))
    desk.case_waiting()
    desk.approve()

    printed = CliRunner().invoke(app(["quality"]), ["quality", "--json"])
    table = CliRunner().invoke(app(["quality"]), ["quality"])

    assert [(each["name"], each["decided"]) for each in json.loads(printed.stdout)["reviewers"]] == [("r-1", 1)]
    assert table.exit_code == 0
