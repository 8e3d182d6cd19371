"""A member is erased while a worker finishes a task of theirs: one waits for the other, and neither ends in a deadlock."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from pipeline.workflows.erasure.begin import Asked, erase
from tests.support.desk import Desk
from tests.support.overlap import HISTORY, overlapping

CLAIMS: Final = "LOCK TABLE claim IN EXCLUSIVE MODE"
"""An erasure stands here with the member's submissions locked and their tasks still there."""


def inspected(desk: Desk) -> Callable[[], Any]:
    desk.submit_avatar()
    return desk.inspect


def published(desk: Desk) -> Callable[[], Any]:
    desk.submit_avatar()
    desk.inspect()
    desk.approve()
    return desk.run_due


def unlocked(desk: Desk) -> Callable[[], Any]:
    desk.submit_verification()
    desk.inspect()
    desk.approve()
    return desk.run_due


WORK: Final = [inspected, published, unlocked]


def erasing(desk: Desk) -> Callable[[], Any]:
    tools, asked = desk.tools, Asked(actor="privacy office", trace="t")
    return lambda: erase("m-1", asked=asked, db=tools.db, storage=tools.storage, policy=tools.policy)


@pytest.mark.parametrize("work", WORK)
def test_a_worker_that_finishes_while_an_erasure_is_under_way_finds_its_task_gone(
    desk: Desk, work: Callable[[Desk], Callable[[], Any]]
) -> None:
    finishing = work(desk)

    with capture_logs() as logs:
        erased, _ = overlapping(desk, erasing(desk), finishing, gate=CLAIMS)

    assert not isinstance(erased, Exception)
    assert [each for each in logs if each["event"] == "task.failed"] == []
    assert desk.sql("SELECT 1 FROM submission WHERE member_id = 'm-1'") == []


@pytest.mark.parametrize("work", WORK)
def test_an_erasure_that_meets_a_worker_in_the_middle_waits_for_it(
    desk: Desk, work: Callable[[Desk], Callable[[], Any]]
) -> None:
    finishing = work(desk)

    with capture_logs() as logs:
        _, erased = overlapping(desk, finishing, erasing(desk), gate=HISTORY)

    assert not isinstance(erased, Exception)
    assert [each for each in logs if each["event"] == "task.failed"] == []
    assert desk.sql("SELECT 1 FROM submission WHERE member_id = 'm-1'") == []
