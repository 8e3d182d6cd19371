"""Who may not undo, and when it is too late: nothing changes then."""

from collections.abc import Callable

import pytest

from pipeline.access.staff.reviewers import add_reviewer
from pipeline.kernel.errors import (
    AlreadyThere,
    AnotherAvatarOpen,
    Conflict,
    NotFound,
    PermanentError,
    RetryableError,
    UndoTooLate,
)
from pipeline.kernel.ids import new_id
from pipeline.review.tables import claim as claim_table
from pipeline.submission.tables import decision, submission
from pipeline.tasks import operate
from pipeline.tasks.rules import PUBLISH_AVATAR
from pipeline.tasks.tables import task
from schemas.decisions import Decided
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.undoing import let_window_pass, patient, standing


def _window_is_over(desk: Desk) -> None:
    let_window_pass(desk)


def _effect_runs(desk: Desk) -> None:
    let_window_pass(desk)
    assert desk.tools.ledger.claim(PUBLISH_AVATAR, str(desk.only_task(PUBLISH_AVATAR).id))


def _effect_is_done(desk: Desk) -> None:
    let_window_pass(desk)
    desk.run_due()
    assert desk.avatar().submission_id is not None


def _try_in_vain(desk: Desk) -> None:
    with desk.tools.ledger.work(PUBLISH_AVATAR, str(desk.only_task(PUBLISH_AVATAR).id)):
        raise RetryableError("away")


def _effect_was_tried_and_comes_back_later(desk: Desk) -> None:
    let_window_pass(desk)
    _try_in_vain(desk)
    desk.sql("UPDATE task SET due_at = now() + interval '1 hour' WHERE state = 'ready'")


def _operator_tries_the_effect_now(desk: Desk) -> None:
    operate.retry(desk.tools.db, desk.only_task(PUBLISH_AVATAR).id)


def _operator_parks_the_effect(desk: Desk) -> None:
    operate.park(desk.tools.db, desk.only_task(PUBLISH_AVATAR).id, reason="a repair")


def _newer_avatar_is_received(desk: Desk) -> None:
    desk.accept(avatar_body())


def _newer_avatar_is_in_review(desk: Desk) -> None:
    desk.case_waiting()


def approved(desk: Desk) -> Decided:
    desk.submit_avatar()
    desk.inspect()
    return desk.approve()


def all_there_is(desk: Desk) -> list[object]:
    return [desk.rows(each) for each in (submission, decision, claim_table, task)]


@pytest.mark.parametrize(
    ("meanwhile", "refusal"),
    [
        (_window_is_over, UndoTooLate),
        (_effect_runs, UndoTooLate),
        (_effect_is_done, UndoTooLate),
        (_effect_was_tried_and_comes_back_later, UndoTooLate),
        (_operator_tries_the_effect_now, UndoTooLate),
        (_operator_parks_the_effect, UndoTooLate),
        (_newer_avatar_is_received, AnotherAvatarOpen),
        (_newer_avatar_is_in_review, AnotherAvatarOpen),
    ],
)
def test_what_happened_meanwhile_may_make_a_decision_stand(
    desk: Desk, meanwhile: Callable[[Desk], None], refusal: type[Conflict]
) -> None:
    late = patient(desk)
    made = approved(late)
    meanwhile(late)
    before = all_there_is(desk)

    with pytest.raises(refusal):
        late.undo(made.id)

    assert all_there_is(desk) == before
    assert standing(desk) == [made.id]


def test_without_an_undo_window_no_decision_is_undone(desk: Desk) -> None:
    made = approved(desk)

    with pytest.raises(UndoTooLate, match="can no longer be undone"):
        desk.undo(made.id)

    assert desk.state(made.submission_id) == "approved"


def test_a_decision_is_not_undone_twice(desk: Desk) -> None:
    late = patient(desk)
    made = approved(late)
    late.undo(made.id)

    with pytest.raises(AlreadyThere, match="undone already"):
        late.undo(made.id)

    assert [row.state for row in desk.rows(claim_table)] == ["decided", "live"]


def test_an_undone_decision_is_not_undone_once_more_when_the_next_one_stands(desk: Desk) -> None:
    late = patient(desk)
    first = approved(late)
    second = late.reject(late.undo(first.id))

    with pytest.raises(AlreadyThere):
        late.undo(first.id)

    assert standing(desk) == [second.id]


@pytest.mark.parametrize("which", ["somebody_elses", "unknown"])
def test_only_who_made_a_decision_can_undo_it(desk: Desk, which: str) -> None:
    late = patient(desk)
    made = approved(late)
    add_reviewer("r-2", db=desk.tools.db)
    asked = made if which == "somebody_elses" else made.model_copy(update={"id": new_id()})

    with pytest.raises(NotFound, match="Only who made a decision"):
        late.undo(asked.id, reviewer="r-2")

    assert standing(desk) == [made.id]


def test_an_older_avatar_that_is_under_review_again_makes_the_decision_on_the_newer_one_stand(desk: Desk) -> None:
    late = patient(desk)
    older = approved(late)
    newer = approved(late)
    late.undo(older.id)

    with pytest.raises(AnotherAvatarOpen, match=str(older.submission_id)):
        late.undo(newer.id)

    assert standing(desk) == [newer.id]


def test_another_members_avatar_and_this_members_verification_are_no_hindrance(desk: Desk) -> None:
    late = patient(desk)
    made = approved(late)
    late.case_waiting("m-2")
    late.case_waiting(kind="verification")

    late.undo(made.id)

    assert desk.state(made.submission_id) == "in_review"


@pytest.mark.parametrize(
    ("meanwhile", "code"), [(_window_is_over, UndoTooLate), (_newer_avatar_is_received, AnotherAvatarOpen)]
)
def test_a_refusal_has_a_stable_code_and_says_what_to_do(
    desk: Desk, api: Api, meanwhile: Callable[[Desk], None], code: type[PermanentError]
) -> None:
    late = patient(desk)
    made = approved(late)
    meanwhile(late)

    answer = api.post(f"/v1/review/decisions/{made.id}/undo")

    assert (answer.status_code, answer.json()["code"]) == (409, code.code)
    assert "tell your lead" in answer.json()["detail"] or "Decide on that one" in answer.json()["detail"]
