from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pipeline.events.tables import event as event_table
from pipeline.kernel.errors import AlreadyThere, NotFound, StageAlreadyUnlocked
from pipeline.kernel.ids import new_id
from pipeline.membership.corrections import NothingToCorrect
from pipeline.membership.tables import correction
from pipeline.submission.audit import audit
from tests.support.desk import Desk
from tests.support.mails import words
from tests.support.spend import PREMIER, Spending
from tests.support.together import at_once

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def spending(desk: Desk) -> Spending:
    return Spending(desk)


def approved(desk: Desk, stage: str = "verified") -> tuple[UUID, UUID]:
    """A stage that a reviewer approved: the submission and the decision."""
    submission = desk.case_waiting(kind="verification", stage=stage)
    decision = desk.approve().id
    desk.run_due()
    return submission, decision


def test_a_correction_lowers_the_level_with_benefits_event_and_mail(spending: Spending, desk: Desk) -> None:
    submission, decision = approved(desk, "trusted")

    corrected = spending.correct(because="forgery", supersedes=decision)
    desk.run_due()

    view = desk.membership()
    assert (corrected.from_level, corrected.to_level, corrected.superseded) == ("trusted", "registered", (decision,))
    assert (view.level, view.benefits) == ("registered", ("browse",))
    assert spending.steps == [("registered", "trusted", "verification"), ("trusted", "registered", "forgery")]
    assert [(each.cause, each.submission_id) for each in view.history] == [
        (decision, submission),
        (corrected.id, submission),
    ]
    told = [row.data for row in desk.rows(event_table) if row.type == "membership.level_changed"]
    assert [(each["to_level"], each["version"]) for each in told] == [("trusted", 2), ("registered", 3)]
    letter = words(desk.mails()[-1])
    assert "Registered member" in letter
    assert "Quoting on requests for quotation" in letter
    assert "genuine" in letter


def test_what_was_decided_stays_as_it_was_and_the_correction_is_in_its_history(spending: Spending, desk: Desk) -> None:
    submission, decision = approved(desk)

    spending.correct("verified", supersedes=decision)

    view = desk.submission(submission)
    assert view.state == "approved"
    assert [(each.name, each.state) for each in view.effects] == [("stage_unlocked", "done"), ("mail", "sent")]
    assert desk.history(submission)[-2:] == ["membership.stage_taken_away", "membership.corrected"]
    row = desk.rows(audit)[-1]
    assert (row.actor, row.correlation_id, row.detail["because"]) == ("lead", "trace-2", "mistake")


def test_a_lower_stage_that_was_given_too_is_what_is_left(spending: Spending, desk: Desk) -> None:
    approved(desk, "verified")
    approved(desk, "trusted")

    spending.correct("trusted")

    assert spending.level == "verified"


def test_a_stage_below_the_level_is_taken_away_without_a_change_of_level(spending: Spending, desk: Desk) -> None:
    approved(desk, "verified")
    approved(desk, "trusted")
    mails = len(desk.mails())

    corrected = spending.correct("verified")
    desk.run_due()

    assert (corrected.from_level, corrected.to_level) == ("trusted", "trusted")
    assert [each.unlocked for each in desk.membership().stages] == [True, False, True, False]
    assert len(desk.mails()) == mails


def test_what_spend_gave_too_stays_when_a_decision_is_superseded(spending: Spending, desk: Desk) -> None:
    _, decision = approved(desk, "trusted")
    spending.complete()

    spending.correct(because="forgery", supersedes=decision)

    assert spending.level == "trusted"
    assert len(spending.steps) == 1


def test_without_a_decision_all_that_gave_the_stage_is_superseded(spending: Spending, desk: Desk) -> None:
    _, decision = approved(desk, "trusted")
    order = spending.complete()

    corrected = spending.correct()

    assert set(corrected.superseded) == {decision, order.event_id}
    assert spending.level == "registered"


def test_spend_unlocks_a_stage_that_was_taken_away_only_when_its_amount_is_reached_anew(spending: Spending) -> None:
    spending.complete()
    spending.correct()
    spending.complete("o-2", 5)
    still = spending.level

    spending.refund("o-1", 1000)
    spending.complete("o-3", 1000)

    assert (still, spending.level) == ("registered", "trusted")
    assert [step[2] for step in spending.steps] == ["spend", "mistake", "spend"]


def test_a_member_whose_stage_was_taken_away_may_verify_again(spending: Spending, desk: Desk) -> None:
    approved(desk)
    spending.correct("verified")

    approved(desk)

    assert spending.level == "verified"
    assert [step[1] for step in spending.steps] == ["verified", "registered", "verified"]


def test_an_unlocking_that_is_tried_again_does_not_undo_a_correction(spending: Spending, desk: Desk) -> None:
    approved(desk)
    spending.correct("verified")
    desk.sql("UPDATE task SET state = 'ready' WHERE kind = 'membership.unlock'")

    desk.run_due()

    assert spending.level == "registered"


def test_a_wrong_rejection_is_corrected_by_giving_the_stage(spending: Spending, desk: Desk) -> None:
    submission = desk.case_waiting(kind="verification")
    rejection = desk.reject().id

    corrected = spending.correct("verified", unlocked=True, supersedes=rejection)
    desk.run_due()

    assert (corrected.to_level, corrected.superseded) == ("verified", (rejection,))
    assert desk.membership().history[0].submission_id == submission
    assert "Verified member" in desk.mails()[-1]["Subject"]


def test_what_does_not_hold_cannot_be_corrected(spending: Spending, desk: Desk) -> None:
    _, decision = approved(desk)

    with pytest.raises(NothingToCorrect):
        spending.correct("trusted")
    with pytest.raises(NothingToCorrect):
        spending.correct("verified", supersedes=new_id())
    with pytest.raises(StageAlreadyUnlocked):
        spending.correct("verified", unlocked=True)
    with pytest.raises(NotFound):
        spending.correct("trusted", unlocked=True, supersedes=decision)

    assert desk.rows(correction) == []


def test_two_who_take_the_same_stage_away_at_once_do_it_once(spending: Spending, desk: Desk) -> None:
    approved(desk)

    given, raised = at_once(4, lambda _: spending.correct("verified"))

    assert (len(given), {type(error) for error in raised}) == (1, {NothingToCorrect})
    assert len(spending.steps) == 2


# Spend reviews


def open_review(spending: Spending) -> UUID:
    spending.complete("o-1", PREMIER)
    spending.refund("o-1", 1)
    (review,) = spending.reviews
    return review.id


def test_a_person_who_lets_the_member_keep_the_stage_changes_nothing(spending: Spending) -> None:
    review = spending.resolve(open_review(spending), "keep")

    assert (review.state, review.settled_by, review.reason) == ("kept", "lead", "Looked at")
    assert (spending.level, len(spending.steps)) == ("premier", 1)


def test_a_person_who_takes_the_stage_away_lowers_the_level(spending: Spending, desk: Desk) -> None:
    review = spending.resolve(open_review(spending), "take_away")

    assert review.state == "taken_away"
    assert spending.steps[-1] == ("premier", "trusted", "refund")
    (row,) = desk.rows(correction)
    assert (row.because, row.actor, row.reason) == ("refund", "lead", "Looked at")


def test_what_verification_gave_is_not_taken_away_by_a_refund(spending: Spending, desk: Desk) -> None:
    approved(desk, "trusted")
    spending.complete()
    spending.refund()
    (review,) = spending.reviews

    spending.resolve(review.id, "take_away")

    assert (spending.level, len(spending.steps)) == ("trusted", 1)


def test_a_review_is_settled_once_even_by_two_at_once(spending: Spending) -> None:
    review = open_review(spending)

    given, raised = at_once(2, lambda number: spending.resolve(review, ["keep", "take_away"][number]))

    assert (len(given), {type(error) for error in raised}) == (1, {AlreadyThere})
    assert spending.level == ("premier" if given[0].state == "kept" else "trusted")


def test_a_review_of_a_stage_that_was_taken_away_otherwise_is_over(spending: Spending) -> None:
    review = open_review(spending)

    spending.correct("premier")

    assert [each.state for each in spending.reviews] == ["taken_away"]
    with pytest.raises(AlreadyThere):
        spending.resolve(review, "keep")


def test_a_review_and_an_order_that_recovers_it_at_once_agree(spending: Spending) -> None:
    review = open_review(spending)
    acts: list[Callable[[], object]] = [
        lambda: spending.resolve(review, "take_away"),
        lambda: spending.complete("o-2", 1),
    ]

    _, raised = at_once(2, lambda number: acts[number]())

    assert {type(error) for error in raised} <= {AlreadyThere}
    assert spending.level == "premier"
    assert spending.reviews[0].state == ("recovered" if raised else "taken_away")
