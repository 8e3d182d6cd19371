"""Any number of schedulers, and a clock that is set back: no period is fired twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipeline.kernel.database import Database
from pipeline.tasks.rules import FORGET_OLD
from pipeline.tasks.schedule import Scheduled, fire_due
from pipeline.tasks.tables import schedule_run
from tests.support.clocks import ahead, wrong_clocks
from tests.support.desk import Desk
from tests.support.together import at_once

DAY = timedelta(days=1)
DAILY = [Scheduled(FORGET_OLD, DAY)]


@pytest.fixture
def tomorrow(desk: Desk) -> Iterator[Database]:
    with wrong_clocks(desk.tools), ahead(desk.tools, DAY) as database:
        yield database


def fired(database: Database) -> int:
    return fire_due(database, schedule=DAILY)


def test_a_clock_that_goes_back_fires_nothing_again(desk: Desk, tomorrow: Database) -> None:
    before = [fired(desk.tools.db), fired(tomorrow)]

    back, on_again = fired(desk.tools.db), fired(tomorrow)

    assert before == [1, 1]
    assert (back, on_again) == (0, 0)
    assert len(desk.tasks()) == 2
    first, second = [row.run_at for row in desk.rows(schedule_run)]
    assert second - first == DAY


def test_schedulers_that_disagree_about_the_day_fire_each_day_once(desk: Desk, tomorrow: Database) -> None:
    counts, raised = at_once(8, lambda number: fired(tomorrow if number % 2 else desk.tools.db))

    assert raised == []
    assert sum(counts) == 2
    assert len({row.dedup_key for row in desk.tasks()}) == len(desk.tasks()) == 2
