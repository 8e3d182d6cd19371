"""The one place that makes a move, on a real row."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pipeline.events.tables import event
from pipeline.events.webhooks import endpoints
from pipeline.kernel.errors import NotAllowed, NotFound, Stale
from pipeline.kernel.ids import new_id
from pipeline.submission import lifecycle
from pipeline.submission.audit import audit
from pipeline.submission.lifecycle import Emission, Queue, State, Transition
from pipeline.submission.tables import submission
from pipeline.tasks.rules import DELIVER_EVENT
from schemas.events import EndpointRequest
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk


def received(desk: Desk, member_id: str = "m-1") -> UUID:
    return desk.accept(avatar_body(member_id=member_id)).id


def move(desk: Desk, submission_id: UUID, event: Transition, **more: Any) -> State:
    with desk.tools.db.begin() as connection:
        return lifecycle.transition(connection, submission_id, event, actor="r-1", **more)


def row(desk: Desk, submission_id: UUID) -> Any:
    (found,) = [each for each in desk.rows(submission) if each.id == submission_id]
    return found


def test_a_move_changes_the_state_and_the_version_and_is_in_the_history(desk: Desk) -> None:
    moved = received(desk)
    other = received(desk, "m-2")

    after = move(desk, moved, Transition.CLEARED, version=1, detail={"findings": ["blurred"]})

    now = row(desk, moved)
    assert (after, now.state, now.version, now.closed_at) == (State.IN_REVIEW, "in_review", 2, None)
    assert (row(desk, other).state, row(desk, other).version) == ("received", 1)
    last = desk.rows(audit)[-1]
    assert (last.event, last.actor, last.submission_id, last.correlation_id) == (
        "submission.cleared",
        "r-1",
        moved,
        "trace-1",
    )
    assert (last.from_state, last.to_state, last.version) == ("received", "in_review", 2)
    assert last.detail == {"findings": ["blurred"]}


def test_a_move_that_ends_a_submission_says_when(desk: Desk) -> None:
    ended = received(desk)

    move(desk, ended, Transition.WITHDRAWN)

    assert row(desk, ended).closed_at is not None


@pytest.mark.parametrize("version", [0, 2])
def test_a_move_from_another_version_than_the_present_one_is_stale_and_changes_nothing(
    desk: Desk, version: int
) -> None:
    looked_at = received(desk)

    with pytest.raises(Stale) as error:
        move(desk, looked_at, Transition.CLEARED, version=version)

    assert str(error.value) == f"The submission is at version 1; you looked at version {version}. Load it again."
    assert (row(desk, looked_at).state, row(desk, looked_at).version) == ("received", 1)
    assert desk.history(looked_at) == ["submission.accepted"]


def test_a_case_waits_in_the_queue_that_it_is_given_and_stays_there(desk: Desk) -> None:
    passed_on = received(desk)

    move(desk, passed_on, Transition.CLEARED, queue=Queue.SECOND)
    given = row(desk, passed_on).queue
    move(desk, passed_on, Transition.WITHDRAWN)

    assert (given, row(desk, passed_on).queue) == ("second", "second")


def test_a_move_is_told_with_what_the_submission_is_and_why(desk: Desk) -> None:
    sent_back = desk.clear(desk.accept(verification_body()).id)

    move(desk, sent_back, Transition.SENT_BACK, emission=Emission(reasons=("unreadable",)))

    last = desk.rows(event)[-1]
    assert (last.type, last.member_id) == ("submission.refused", "m-1")
    assert last.data == {
        "submission_id": str(sent_back),
        "member_id": "m-1",
        "kind": "verification",
        "method": "materials",
        "stage": "verified",
        "identity": "wholesaler",
        "state": "refused",
        "version": 3,
        "reasons": ["unreadable"],
        "correlation_id": "trace-1",
    }


def test_a_move_that_can_be_taken_back_is_told_later_with_its_cause_and_under_the_same_trace(desk: Desk) -> None:
    endpoints.add(
        EndpointRequest(url="https://shop.example.com/hooks", types=("submission.approved",)),
        db=desk.tools.db,
        sealer=desk.tools.sealer,
    )
    approved, decision = desk.clear(received(desk)), new_id()

    move(desk, approved, Transition.APPROVED, emission=Emission(cause_id=decision, delay_seconds=60))

    last, delivery = desk.rows(event)[-1], desk.only_task(DELIVER_EVENT)
    assert (last.type, last.cause_id) == ("submission.approved", decision)
    assert last.at == delivery.due_at == delivery.created_at + timedelta(seconds=60)
    assert delivery.trace == "trace-1"


def test_a_case_that_is_passed_on_is_not_told(desk: Desk) -> None:
    passed_on = desk.clear(received(desk))
    before = [each.type for each in desk.rows(event)]

    move(desk, passed_on, Transition.PASSED_ON, queue=Queue.SENIOR)

    assert [each.type for each in desk.rows(event)] == before


def test_a_move_of_nothing_is_not_found(desk: Desk) -> None:
    nothing = new_id()

    with pytest.raises(NotFound) as error:
        move(desk, nothing, Transition.CLEARED)

    assert str(error.value) == f"There is no submission {nothing}."


def test_a_move_that_the_table_does_not_have_changes_nothing(desk: Desk) -> None:
    waiting = received(desk)

    with pytest.raises(NotAllowed):
        move(desk, waiting, Transition.REOPENED)

    assert desk.state(waiting) == "received"
