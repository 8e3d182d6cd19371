"""Where the policy wants two people: the first's verdict moves nothing but the case, and the second judges for themselves."""

from uuid import UUID

import pytest

from pipeline.events.tables import event
from pipeline.kernel.errors import AlreadyThere, ColleagueNotEligible, NotFound, UndoTooLate
from pipeline.notification.tables import mail
from pipeline.review.tables import opinion
from pipeline.submission.tables import decision
from pipeline.tasks.rules import SEND_MAIL, UNLOCK_STAGE
from schemas.decisions import Decided
from tests.support.colleagues import careful, handed, passed_up, seniors
from tests.support.desk import Desk
from tests.support.people import acting
from tests.support.undoing import let_window_pass

BOTH_VERDICTS = pytest.mark.parametrize("verdict", ["approve", "reject"])


@pytest.fixture
def desk(desk: Desk) -> Desk:
    seniors(desk, "s-1", "s-2", "s-3")
    return careful(desk, "trusted")


def said(desk: Desk, verdict: str, *, by: str) -> Decided:
    """What somebody says of the only case."""
    held = desk.claimed(by)
    return desk.decide(held, desk.request(held, verdict))


def waiting(desk: Desk) -> UUID:
    return desk.case_waiting(kind="verification", stage="trusted")


@BOTH_VERDICTS
def test_the_first_verdict_leads_to_a_second_look_and_to_nothing_else(desk: Desk, verdict: str) -> None:
    submission = waiting(desk)
    told = len(desk.rows(event))

    first = said(desk, verdict, by="r-1")

    assert (first.state, first.effects_at, first.waits_in) == ("in_review", None, "second")
    assert (desk.rows(decision), desk.rows(mail), len(desk.rows(event))) == ([], [], told)
    assert desk.tasks(UNLOCK_STAGE) == desk.tasks(SEND_MAIL) == []
    assert desk.state(submission) == "in_review"


@BOTH_VERDICTS
def test_the_second_person_and_upstream_see_nothing_of_the_firsts_verdict(desk: Desk, verdict: str) -> None:
    submission = waiting(desk)
    held = desk.claimed("r-1")
    case, view = desk.case(held).model_dump(), desk.submission(submission).model_dump()
    note = {"message": "Looks fine", "note": "I rang them up"}
    desk.decide(held, desk.request(held, verdict, **note))

    second = desk.case(desk.claimed("s-1")).model_dump()
    now = desk.submission(submission).model_dump()

    assert {name for name in case if case[name] != second[name]} == {"claim", "version", "queue"}
    assert {name for name in view if view[name] != now[name]} == {"version", "history"}
    assert [step["event"] for step in now["history"]][-1] == "submission.passed_on"
    kept = desk.sql("SELECT detail::text AS detail FROM audit WHERE actor = 'r-1' AND event LIKE 'submission.%'")
    assert not any(word in row.detail for row in kept for word in ("approve", "reject", "fine", "rang"))


def test_two_who_agree_decide_and_the_effects_follow_once(desk: Desk) -> None:
    submission = waiting(desk)
    said(desk, "approve", by="r-1")

    second = said(desk, "approve", by="s-1")

    assert (second.state, second.waits_in) == ("approved", None)
    assert second.effects_at is not None
    assert [row.reviewer_id for row in desk.rows(decision)] == ["s-1"]
    let_window_pass(desk)
    desk.run_due(UNLOCK_STAGE, SEND_MAIL)
    assert (desk.state(submission), desk.membership().level, len(desk.mails())) == ("approved", "trusted", 1)


def test_two_who_agree_to_reject_spend_one_chance(desk: Desk) -> None:
    waiting(desk)
    said(desk, "reject", by="r-1")

    assert said(desk, "reject", by="s-1").state == "rejected"

    assert desk.rows(mail)[0].template == "verification_rejected"
    assert len(desk.rows(decision)) == 1


def test_two_who_disagree_leave_it_to_a_senior_who_sees_both(desk: Desk) -> None:
    submission = waiting(desk)
    said(desk, "approve", by="r-1")

    split = said(desk, "reject", by="s-1")

    assert (split.state, split.waits_in, desk.rows(decision)) == ("in_review", "senior", [])
    assert desk.claim_next("s-1") is None
    held = desk.claimed("s-2")
    case = desk.case(held)
    assert [(each.reviewer, each.verdict) for each in case.opinions] == [("r-1", "approve"), ("s-1", "reject")]
    assert "escalate" not in case.allowed_actions
    assert desk.decide(held, desk.request(held, "approve")).state == "approved"
    assert desk.state(submission) == "approved"


def test_nobody_looks_twice_even_with_the_role_or_when_asked_to(desk: Desk) -> None:
    waiting(desk)
    said(desk, "approve", by="s-1")

    assert desk.claim_next("s-1") is None
    with pytest.raises(ColleagueNotEligible):
        handed(desk, desk.claimed("s-2"), "s-1")


def test_a_reviewer_without_the_role_is_not_given_the_second_look(desk: Desk) -> None:
    waiting(desk)
    said(desk, "approve", by="r-1")

    assert desk.claim_next("r-2") is None


def test_other_stages_need_one_person_and_a_kind_may_need_two(desk: Desk) -> None:
    desk.case_waiting("m-1", kind="verification", stage="verified")
    assert said(desk, "approve", by="r-1").state == "approved"

    avatars = careful(desk, "avatar")
    avatars.case_waiting("m-2")
    assert said(avatars, "approve", by="r-1").waits_in == "second"


def test_what_a_first_reviewer_escalated_needs_two_people_all_the_same(desk: Desk) -> None:
    waiting(desk)
    passed_up(desk, desk.claimed("r-1"))

    assert said(desk, "approve", by="s-1").waits_in == "second"
    held = desk.claimed("s-2")
    assert (desk.case(held).opinions, desk.case(held).escalations) == ((), ())
    assert desk.decide(held, desk.request(held)).state == "approved"


def test_an_opinion_counts_when_the_policy_no_longer_asks_for_two(desk: Desk) -> None:
    waiting(desk)
    said(desk, "approve", by="r-1")

    relaxed = careful(desk)

    with acting(desk.tools, "s-1"):
        assert said(relaxed, "reject", by="s-1").waits_in == "senior"


@BOTH_VERDICTS
def test_the_first_verdict_is_undone_while_nobody_else_looks(desk: Desk, verdict: str) -> None:
    submission = waiting(desk)
    first = said(desk, verdict, by="r-1")

    held = desk.undo(first.id)

    assert (held.submission_id, desk.case(held).queue) == (submission, "verification")
    with pytest.raises(AlreadyThere):
        desk.undo(first.id)
    assert desk.decide(held, desk.request(held, "reject")).waits_in == "second"
    assert [row.undone_at is None for row in desk.rows(opinion)] == [False, True]


def test_the_first_verdict_stands_once_somebody_looks_until_their_claim_runs_out(desk: Desk) -> None:
    waiting(desk)
    first = said(desk, "approve", by="r-1")
    looking = desk.claimed("s-1")

    with pytest.raises(UndoTooLate, match="somebody else is looking"):
        desk.undo(first.id)
    assert desk.case(looking).queue == "second"

    desk.let_claim_expire(looking)
    assert desk.undo(first.id).reviewer == "r-1"


def test_the_first_verdict_stands_once_the_second_was_given(desk: Desk) -> None:
    waiting(desk)
    first = said(desk, "approve", by="r-1")
    said(desk, "reject", by="s-1")

    with pytest.raises(UndoTooLate, match="has gone on"):
        desk.undo(first.id)
    with pytest.raises(NotFound):
        desk.undo(first.id, reviewer="s-1")


def test_the_second_of_two_who_agree_undoes_it_and_the_first_still_counts(desk: Desk) -> None:
    submission = waiting(desk)
    said(desk, "approve", by="r-1")
    second = said(desk, "approve", by="s-1")

    held = desk.undo(second.id, reviewer="s-1")

    assert (desk.state(submission), desk.case(held).queue, desk.case(held).opinions) == ("in_review", "second", ())
    assert desk.decide(held, desk.request(held, "reject")).waits_in == "senior"


def test_the_second_of_two_who_disagree_undoes_it_before_a_senior_looks(desk: Desk) -> None:
    waiting(desk)
    said(desk, "approve", by="r-1")
    split = said(desk, "reject", by="s-1")

    held = desk.undo(split.id, reviewer="s-1")

    assert desk.claim_next("s-2") is None
    assert desk.decide(held, desk.request(held, "approve")).state == "approved"
