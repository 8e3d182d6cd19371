"""The policy changes while submissions are under way: processes with the old one and the new one run beside each other."""

import pytest

from pipeline.kernel.errors import AttemptsExhausted
from pipeline.policy import Policy
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk
from tests.support.mails import words
from tests.support.overlap import overlapping
from tests.support.servers import variant
from tests.support.undoing import patient


@pytest.fixture
def after(desk: Desk) -> Desk:
    """The same servers, after a change: three chances, shorter promises, no time to undo."""
    return Desk(variant(desk.tools, policy=changed(desk.tools.policy)))


def changed(policy: Policy) -> Policy:
    clock = {"avatar_hours": 6, "verification_target_days": 1, "verification_promise_days": 1}
    parts = {
        "version": "changed",
        "attempts": policy.attempts.model_copy(update={"per_method": 3}),
        "clock": policy.clock.model_copy(update=clock),
        "review": policy.review.model_copy(update={"undo_window_seconds": 0}),
    }
    return policy.model_copy(update=parts)


def test_what_was_promised_before_the_change_stays_promised(desk: Desk, after: Desk) -> None:
    submission = desk.case_waiting(kind="verification")
    promised = desk.submission(submission).due

    after.reject()

    view = after.submission(submission)
    assert view.due == promised
    assert view.due.rule["promise_days"] == desk.tools.policy.clock.verification_promise_days


def test_submission_and_decision_each_remember_the_policy_that_they_were_made_by(desk: Desk, after: Desk) -> None:
    submission = desk.case_waiting(kind="verification")

    after.reject()

    view = after.submission(submission)
    assert view.decision is not None
    assert (view.policy_version, view.decision.policy_version) == (desk.tools.policy.version, "changed")


def test_chances_are_counted_by_the_policy_of_the_decision(desk: Desk, after: Desk) -> None:
    desk.case_waiting(kind="verification")
    desk.case_waiting(kind="verification")

    after.reject()
    after.run_due()

    (sent,) = after.mails()
    assert "You have 1 chance left by this method." in words(sent)
    assert after.membership().stages[1].chances_left["materials"] == 1


def test_chances_that_were_taken_before_are_kept_where_the_policy_has_fewer_now(desk: Desk, after: Desk) -> None:
    for _ in range(4):
        desk.case_waiting(kind="verification")
        desk.reject()

    with pytest.raises(AttemptsExhausted) as refused:
        after.accept(verification_body())

    assert (refused.value.used, refused.value.limit) == (4, 3)
    assert after.membership().stages[1].chances_left["materials"] == 0


def test_a_chance_that_the_old_policy_gives_at_the_moment_of_the_change_counts_under_the_new_one(
    desk: Desk, after: Desk
) -> None:
    desk.accept(verification_body())
    desk.accept(verification_body())

    old, new = overlapping(desk, lambda: desk.accept(verification_body()), lambda: after.accept(verification_body()))

    assert (old.chance, old.chances_left) == (3, 2)
    assert isinstance(new, AttemptsExhausted)


def test_a_chance_that_the_new_policy_gives_at_the_moment_of_the_change_counts_under_the_old_one(
    desk: Desk, after: Desk
) -> None:
    desk.accept(verification_body())
    desk.accept(verification_body())

    new, old = overlapping(desk, lambda: after.accept(verification_body()), lambda: desk.accept(verification_body()))

    assert (new.chance, new.chances_left) == (3, 0)
    assert (old.chance, old.chances_left) == (4, 1)


def test_a_decision_can_be_undone_for_as_long_as_it_said(desk: Desk, after: Desk) -> None:
    made = patient(desk)
    made.case_waiting()
    decided = made.approve()

    after.undo(decided.id)

    assert after.state(decided.submission_id) == "in_review"


def test_an_avatar_that_comes_after_the_change_is_promised_by_the_new_policy(desk: Desk, after: Desk) -> None:
    before = desk.accept(avatar_body())

    newer = after.accept(avatar_body())

    assert newer.superseded == (before.id,)
    assert before.due.why == "24 hours by the clock from acceptance"
    assert newer.due.why == "6 hours by the clock from acceptance"
