from typing import Any
from uuid import UUID

import pytest

from pipeline.tasks import ledger
from pipeline.tasks.operate import recall
from pipeline.tasks.rules import SEND_MAIL, UNLOCK_STAGE
from tests.support.desk import Desk


def recorded(desk: Desk, ref: str = "one", *, delay: float = 3600) -> UUID:
    with desk.tools.db.begin() as connection:
        task_id = ledger.record(connection, SEND_MAIL, ref, trace="trace-1", delay_seconds=delay)
    assert task_id is not None
    return task_id


def recalled(desk: Desk, ref: object = "one", **more: Any) -> bool:
    with desk.tools.db.begin() as connection:
        return recall(connection, more.get("kind", SEND_MAIL), ref)


def states(desk: Desk) -> dict[str, str]:
    return {row.ref_id: row.state for row in desk.tasks()}


def test_what_is_not_due_yet_is_ended_without_having_been_done(desk: Desk) -> None:
    recorded(desk)
    recorded(desk, "two")

    assert recalled(desk)

    assert states(desk) == {"one": "done", "two": "ready"}
    (row,) = [each for each in desk.tasks() if each.ref_id == "one"]
    assert (row.last_error, row.attempts) == ("Recalled before it was due.", 0)
    assert row.ended_at is not None


def test_what_was_recalled_is_not_recalled_again(desk: Desk) -> None:
    recorded(desk)
    recalled(desk)

    assert not recalled(desk)


@pytest.mark.parametrize(
    "change",
    [
        "due_at = now()",
        "token = 1",
        "state = 'parked'",
        "state = 'running', lease_until = now() + interval '1 hour'",
    ],
    ids=["due", "taken before", "parked", "running"],
)
def test_what_somebody_may_have_begun_is_not_recalled(desk: Desk, change: str) -> None:
    recorded(desk)
    desk.sql(f"UPDATE task SET {change}")  # noqa: S608  (one of the four above)
    before = states(desk)

    assert not recalled(desk)

    assert states(desk) == before


def test_what_is_due_at_this_very_moment_is_not_recalled(desk: Desk) -> None:
    with desk.tools.db.begin() as connection:
        ledger.record(connection, SEND_MAIL, "one", trace="trace-1")

        assert not recall(connection, SEND_MAIL, "one")

    assert states(desk) == {"one": "ready"}


def test_work_of_another_kind_or_for_something_else_is_not_recalled(desk: Desk) -> None:
    recorded(desk)

    assert not recalled(desk, kind=UNLOCK_STAGE)
    assert not recalled(desk, "two")

    assert states(desk) == {"one": "ready"}
