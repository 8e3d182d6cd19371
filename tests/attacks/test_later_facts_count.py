"""What a person records between a decision and its effect counts, as it does after the effect."""

from collections.abc import Callable
from uuid import UUID

import pytest

from pipeline.membership.corrections import NothingToCorrect
from pipeline.tasks.rules import UNLOCK_STAGE
from tests.support.desk import Desk
from tests.support.erasing import Eraser
from tests.support.http import Api
from tests.support.mails import words
from tests.support.methods import answer, last_code, sent
from tests.support.spend import Spending
from tests.support.together import at_once
from tests.support.undoing import let_window_pass, patient


@pytest.fixture
def spending(desk: Desk) -> Spending:
    return Spending(desk)


def approved(desk: Desk, stage: str = "trusted") -> tuple[UUID, UUID]:
    """The submission and its approval, whose undo window is open."""
    submission = desk.case_waiting(kind="verification", stage=stage)
    return submission, patient(desk).approve().id


def take_effect(desk: Desk) -> None:
    let_window_pass(desk)
    desk.run_due()


IN_EITHER_ORDER = pytest.mark.parametrize("order", ["correction first", "effect first"])


def in_order(order: str, desk: Desk, correct: Callable[[], object]) -> None:
    if order == "effect first":
        take_effect(desk)
    correct()
    take_effect(desk)


@IN_EITHER_ORDER
@pytest.mark.parametrize("named", [False, True], ids=["any cause", "the decision"])
@pytest.mark.parametrize("because", ["forgery", "mistake"])
def test_a_correction_counts_on_both_sides_of_the_effect(
    desk: Desk, spending: Spending, order: str, because: str, *, named: bool
) -> None:
    _, decision = approved(desk)

    in_order(order, desk, lambda: spending.correct(because=because, supersedes=decision if named else None))

    assert spending.level == "registered"
    assert [each.stage for each in desk.membership().stages if each.unlocked] == ["registered"]


@IN_EITHER_ORDER
def test_a_correction_of_what_orders_gave_ends_the_approval_too(desk: Desk, spending: Spending, order: str) -> None:
    approved(desk)
    spending.complete()

    in_order(order, desk, lambda: spending.correct(because="forgery"))

    assert spending.level == "registered"


@IN_EITHER_ORDER
def test_a_correction_of_another_cause_leaves_the_approval(desk: Desk, spending: Spending, order: str) -> None:
    approved(desk)
    order_event = spending.complete().event_id

    in_order(order, desk, lambda: spending.correct(because="forgery", supersedes=order_event))

    assert spending.level == "trusted"


@IN_EITHER_ORDER
def test_a_code_that_came_back_is_corrected_before_its_effect(desk: Desk, spending: Spending, order: str) -> None:
    answer(desk, sent(desk), last_code(desk))

    in_order(order, desk, lambda: spending.correct("verified", because="forgery"))

    assert spending.level == "registered"


def test_the_mail_of_an_approval_that_was_corrected_says_what_is_true(desk: Desk, spending: Spending) -> None:
    submission, decision = approved(desk)
    corrected = spending.correct(because="forgery")
    take_effect(desk)

    (mail,) = desk.mails()
    assert "You are now" not in str(mail["Subject"])
    assert "was not approved" in str(mail["Subject"])
    assert "genuine" in words(mail)
    assert corrected.superseded == (decision,)
    assert [(each.name, each.state) for each in desk.submission(submission).effects] == [
        ("stage_unlocked", "superseded"),
        ("mail", "sent"),
    ]


def test_the_next_approval_after_a_correction_counts(desk: Desk, spending: Spending) -> None:
    _, decision = approved(desk)
    spending.correct(because="mistake")
    held = patient(desk).undo(decision)

    patient(desk).approve(held)
    take_effect(desk)

    assert spending.level == "trusted"


def test_a_correction_without_anything_to_correct_is_still_refused(desk: Desk, spending: Spending) -> None:
    approved(desk, "verified")

    with pytest.raises(NothingToCorrect):
        spending.correct("trusted", because="forgery")


def test_a_correction_and_the_effect_at_once_end_without_the_stage(desk: Desk, spending: Spending) -> None:
    approved(desk)
    let_window_pass(desk)

    at_once(2, lambda number: spending.correct(because="forgery") if number else desk.run_due(UNLOCK_STAGE))
    desk.run_due()

    assert spending.level == "registered"


@pytest.mark.parametrize("named", [False, True], ids=["any cause", "the decision"])
def test_a_stage_that_a_person_gives_takes_back_the_mail_that_says_it_was_not_approved(
    desk: Desk, spending: Spending, *, named: bool
) -> None:
    submission = desk.case_waiting(kind="verification", stage="trusted")
    rejected = patient(desk).reject().id

    spending.correct(unlocked=True, supersedes=rejected if named else None)
    take_effect(desk)

    assert spending.level == "trusted"
    assert not [mail for mail in desk.mails() if "not approved" in str(mail["Subject"])]
    assert [(each.name, each.state) for each in desk.submission(submission).effects] == [("mail", "withdrawn")]
    assert desk.parked() == []


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_an_erasure_between_a_decision_and_its_effect_leaves_nothing_to_take_effect(
    desk: Desk, api: Api, verdict: str
) -> None:
    desk.case_waiting(kind="verification")
    later = patient(desk)
    held = later.claimed()
    later.decide(held, later.request(held, verdict))

    Eraser(desk, api).erase()
    take_effect(desk)

    assert desk.membership().level == "registered"
    assert (desk.mails(), desk.parked()) == ([], [])
