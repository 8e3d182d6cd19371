"""The one place that makes a move, on a real row."""

from typing import Any
from uuid import UUID

import pytest

from pipeline import lifecycle
from pipeline.audit import audit
from pipeline.errors import NotAllowed, NotFound, Stale
from pipeline.ids import new_id
from pipeline.lifecycle import Event, State
from pipeline.tables import submission
from tests.support.bodies import avatar_body
from tests.support.desk import Desk


def received(desk: Desk, member_id: str = "m-1") -> UUID:
    return desk.accept(avatar_body(member_id=member_id)).id


def move(desk: Desk, submission_id: UUID, event: Event, **more: Any) -> State:
    with desk.tools.db.begin() as connection:
        return lifecycle.move(connection, submission_id, event, actor="r-1", **more)


def row(desk: Desk, submission_id: UUID) -> Any:
    (found,) = [each for each in desk.rows(submission) if each.id == submission_id]
    return found


def test_a_move_changes_the_state_and_the_version_and_is_in_the_history(desk: Desk) -> None:
    moved = received(desk)
    other = received(desk, "m-2")

    after = move(desk, moved, Event.CLEARED, version=1, detail={"findings": ["blurred"]})

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

    move(desk, ended, Event.WITHDRAWN)

    assert row(desk, ended).closed_at is not None


@pytest.mark.parametrize("version", [0, 2])
def test_a_move_from_another_version_than_the_present_one_is_stale_and_changes_nothing(
    desk: Desk, version: int
) -> None:
    looked_at = received(desk)

    with pytest.raises(Stale) as error:
        move(desk, looked_at, Event.CLEARED, version=version)

    assert str(error.value) == f"The submission is at version 1; you looked at version {version}. Load it again."
    assert (row(desk, looked_at).state, row(desk, looked_at).version) == ("received", 1)
    assert desk.history(looked_at) == ["submission.accepted"]


def test_a_move_of_nothing_is_not_found(desk: Desk) -> None:
    nothing = new_id()

    with pytest.raises(NotFound) as error:
        move(desk, nothing, Event.CLEARED)

    assert str(error.value) == f"There is no submission {nothing}."


def test_a_move_that_the_table_does_not_have_changes_nothing(desk: Desk) -> None:
    waiting = received(desk)

    with pytest.raises(NotAllowed):
        move(desk, waiting, Event.REOPENED)

    assert desk.state(waiting) == "received"
