"""A bad message of the queue door is always seen by an operator, also where its key was parked before with another body."""

from typing import Any

import pytest

from pipeline.intake.parked import OWNER, QueueMessage, accept_message
from pipeline.kernel import clock
from pipeline.kernel.errors import Conflict
from pipeline.kernel.idempotency import idempotency
from pipeline.submission.audit import audit
from pipeline.tasks.operate import dismiss
from pipeline.tasks.rules import ACCEPT
from tests.support.bodies import avatar_body
from tests.support.desk import Desk

BAD: Any = {"kind": "nothing"}
LONG = "\x00" + "x" * 20_000


def arrives(desk: Desk, submission: object, key: str = "k") -> None:
    accept_message(QueueMessage(submission, key, "trace"), now=clock.now(), context=desk.tools.intake)


def parked(desk: Desk) -> list[Any]:
    return [row for row in desk.tasks(ACCEPT) if row.state == "parked"]


@pytest.mark.parametrize(
    "other",
    [{"kind": "something"}, {**BAD, "more": 1}, [], None, "text", {"kind": "\x00"}],
    ids=["another field", "one more", "a list", "nothing", "a text", "unstorable"],
)
def test_another_body_under_a_parked_key_is_parked_beside_it_and_says_so(desk: Desk, other: object) -> None:
    arrives(desk, BAD)
    (first,) = parked(desk)

    arrives(desk, other)
    arrives(desk, other)  # delivered twice

    second = next(row for row in parked(desk) if row.id != first.id)
    assert len(parked(desk)) == 2
    assert f"Another message with this key was parked before, as task {first.id}." in second.last_error
    assert second.last_error.startswith("invalid_request")
    assert "Another message" not in first.last_error


def test_the_same_message_is_parked_once(desk: Desk) -> None:
    arrives(desk, BAD)
    arrives(desk, dict(BAD))

    assert len(parked(desk)) == 1


def test_a_dismissed_message_is_gone_with_its_words_and_is_not_parked_again(desk: Desk) -> None:
    arrives(desk, BAD)
    (one,) = parked(desk)

    dismiss(desk.tools.db, one.id, reason="a test", actor="ops")
    arrives(desk, dict(BAD))

    assert parked(desk) == []
    (row,) = desk.tasks(ACCEPT)
    assert (row.state, row.last_error, "submission" in row.payload) == (
        "done",
        "Dismissed by an operator: a test",
        False,
    )
    assert [(row.event, row.actor) for row in desk.rows(audit)] == [("task.dismissed", "ops")]


def test_another_message_under_the_key_of_a_dismissed_one_is_parked(desk: Desk) -> None:
    arrives(desk, BAD)
    dismiss(desk.tools.db, parked(desk)[0].id, reason="a test")

    arrives(desk, {"kind": "something"})

    assert len(parked(desk)) == 1


def test_only_a_parked_message_of_the_queue_door_can_be_dismissed(desk: Desk) -> None:
    desk.submit_avatar()
    (inspection,) = desk.tasks()

    with pytest.raises(Conflict):
        dismiss(desk.tools.db, inspection.id, reason="a test")
    desk.sql("UPDATE task SET state = 'parked'")
    with pytest.raises(Conflict):
        dismiss(desk.tools.db, inspection.id, reason="a test")
    assert desk.only_task().state == "parked"


def test_two_that_differ_behind_what_is_kept_are_two(desk: Desk) -> None:
    arrives(desk, {"kind": LONG + "a"})
    arrives(desk, {"kind": LONG + "b"})
    arrives(desk, {"kind": LONG + "b"})

    assert len(parked(desk)) == 2


def test_a_bad_message_under_the_key_of_a_parked_one_that_was_accepted_since_is_parked(
    desk: Desk,
) -> None:
    arrives(desk, BAD)
    desk.sql("UPDATE task SET state = 'done' WHERE kind = :kind", kind=ACCEPT.name)

    arrives(desk, {"kind": "something"})

    assert len(parked(desk)) == 1


def test_a_sound_message_under_a_parked_key_is_accepted_and_the_parked_one_stays(desk: Desk) -> None:
    arrives(desk, BAD)

    arrives(desk, avatar_body())

    assert [(row.owner, row.key) for row in desk.rows(idempotency)] == [(OWNER, "k")]
    assert len(parked(desk)) == 1
