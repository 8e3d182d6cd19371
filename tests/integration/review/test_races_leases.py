"""A worker that is alive although its lease ran out, against the relay that takes leases back, in both orders."""

from collections.abc import Callable

from pipeline.kernel.errors import LeaseLost
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.relay import sweep_leases
from pipeline.tasks.rules import FORGET_OLD
from tests.support.desk import Desk
from tests.support.overlap import TASKS, overlapping


def overdue(desk: Desk) -> Task:
    """A task whose worker is alive although its lease ran out."""
    with desk.tools.db.begin() as connection:
        task_id = ledger.record(connection, FORGET_OLD, "one", trace="trace-1")
    taken = desk.tools.ledger.claim(FORGET_OLD, str(task_id))
    assert taken is not None
    desk.let_lease_expire(taken.id)
    return taken


def renewing(desk: Desk, mine: Task) -> Callable[[], None]:
    return lambda: ledger.renew(desk.tools.db, mine)


def finishing(desk: Desk, mine: Task) -> Callable[[], None]:
    def finish() -> None:
        with desk.tools.db.begin() as connection:
            ledger.finish(connection, mine)

    return finish


def sweeping(desk: Desk) -> Callable[[], int]:
    return lambda: sweep_leases(desk.tools.db)


def test_a_lease_that_is_renewed_before_the_sweep_is_kept(desk: Desk) -> None:
    mine = overdue(desk)

    renewed, swept = overlapping(desk, renewing(desk, mine), sweeping(desk), gate=TASKS)

    assert (renewed, swept) == (None, 0)
    finishing(desk, mine)()
    assert desk.only_task().state == "done"


def test_a_lease_that_is_swept_before_it_is_renewed_is_lost(desk: Desk) -> None:
    mine = overdue(desk)

    swept, renewed = overlapping(desk, sweeping(desk), renewing(desk, mine), gate=TASKS)

    assert swept == 1
    assert isinstance(renewed, LeaseLost)
    assert (desk.only_task().state, desk.only_task().lease_until) == ("ready", None)


def test_work_that_ends_before_the_sweep_is_done(desk: Desk) -> None:
    mine = overdue(desk)

    finished, swept = overlapping(desk, finishing(desk, mine), sweeping(desk), gate=TASKS)

    assert (finished, swept) == (None, 0)
    assert desk.only_task().state == "done"


def test_work_that_ends_after_the_sweep_is_thrown_away_and_done_again(desk: Desk) -> None:
    mine = overdue(desk)

    swept, finished = overlapping(desk, sweeping(desk), finishing(desk, mine), gate=TASKS)

    assert swept == 1
    assert isinstance(finished, LeaseLost)
    again = desk.tools.ledger.claim(FORGET_OLD, str(mine.id))
    assert again is not None
    assert again.token == mine.token + 1
