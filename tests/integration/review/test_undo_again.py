"""After a decision was undone: the next one, the member's chances, and the member who withdraws."""

import pytest

from pipeline.kernel.errors import DatabaseFault
from pipeline.submission.tables import decision
from schemas.decisions import Decided
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.undoing import let_window_pass, patient, standing


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return patient(desk)


def decided(desk: Desk, verdict: str = "approve", *, kind: str = "avatar") -> Decided:
    desk.case_waiting(kind=kind)
    held = desk.claimed()
    return desk.decide(held, desk.request(held, verdict))


def test_after_an_undone_rejection_the_approval_alone_has_effects(desk: Desk) -> None:
    submission = desk.submit_avatar()
    desk.inspect()
    held = desk.undo(desk.reject().id)

    second = desk.approve(held)
    let_window_pass(desk)
    desk.run_due()

    assert standing(desk) == [second.id]
    assert desk.avatar().submission_id == submission
    assert [sent["Message-ID"] for sent in desk.mails()] == [f"<{second.id}@proofdesk.example>"]
    assert [each.state for each in desk.submission(submission).effects] == ["done", "sent"]


def test_after_an_undone_approval_the_rejection_alone_has_effects(desk: Desk) -> None:
    held = desk.undo(decided(desk, kind="verification").id)

    second = desk.reject(held)
    let_window_pass(desk)
    desk.run_due()

    assert standing(desk) == [second.id]
    assert desk.membership().level == "registered"
    assert [sent["Message-ID"] for sent in desk.mails()] == [f"<{second.id}@proofdesk.example>"]


def test_a_case_may_be_decided_and_undone_again_and_again(desk: Desk) -> None:
    first = decided(desk, "reject")
    second = desk.approve(desk.undo(first.id))
    third = desk.reject(desk.undo(second.id))
    let_window_pass(desk)

    desk.run_due()

    assert standing(desk) == [third.id]
    assert len(desk.rows(decision)) == 3
    assert [sent["Message-ID"] for sent in desk.mails()] == [f"<{third.id}@proofdesk.example>"]


def test_a_chance_is_held_throughout_and_counted_once(desk: Desk) -> None:
    made = decided(desk, "reject", kind="verification")
    spent = desk.membership().stages[1].chances_left["materials"]

    held = desk.undo(made.id)
    reopened = desk.membership().stages[1].chances_left["materials"]
    desk.reject(held)

    assert spent == reopened == desk.membership().stages[1].chances_left["materials"] == 4
    assert desk.submission(made.submission_id).chance == 1


def test_a_member_may_withdraw_what_was_put_back_and_has_the_chance_again(desk: Desk, api: Api) -> None:
    made = decided(desk, "reject", kind="verification")
    desk.undo(made.id)

    answer = api.post(f"/v1/submissions/{made.submission_id}/withdraw")

    assert answer.json()["state"] == "withdrawn"
    assert desk.membership().stages[1].chances_left["materials"] == 5


def test_the_database_itself_allows_one_decision_that_stands(desk: Desk) -> None:
    desk.reject(desk.undo(decided(desk).id))

    with pytest.raises(DatabaseFault, match="uq_decision_standing"):
        desk.sql("UPDATE decision SET undone_at = NULL, undone_by = NULL")
