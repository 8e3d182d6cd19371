"""An idle installation writes no rows that stay."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipeline.kernel.database import Database
from pipeline.tasks.rules import FORGET_OLD
from pipeline.tasks.schedule import KEPT_RUNS, Scheduled, fire_due
from pipeline.tasks.tables import schedule_run
from tests.support.clocks import ahead, wrong_clocks
from tests.support.desk import Desk

DAY = timedelta(days=1)
DAILY = [Scheduled(FORGET_OLD, DAY)]


@pytest.fixture
def days(desk: Desk) -> Iterator[Iterator[Database]]:
    """The database as it will be today, tomorrow, and so on."""

    def each() -> Iterator[Database]:
        for number in range(KEPT_RUNS + 5):
            with ahead(desk.tools, number * DAY) as database:
                yield database

    with wrong_clocks(desk.tools):
        yield each()


def test_the_schedule_keeps_its_last_runs_only_and_every_task_that_is_not_done(
    desk: Desk, days: Iterator[Database]
) -> None:
    first_task = None
    for number, database in enumerate(days):
        assert fire_due(database, schedule=DAILY) == 1
        if number == 0:
            first_task = desk.only_task().id
            desk.sql("UPDATE task SET state = 'parked', ended_at = now()")
        desk.sql("UPDATE task SET state = 'done', ended_at = now() WHERE state = 'ready'")

    kept = [row.run_at for row in desk.rows(schedule_run)]
    assert len(kept) == KEPT_RUNS + 1
    assert kept[-1] - kept[0] == KEPT_RUNS * DAY
    assert [row.state for row in desk.tasks()] == ["parked"] + ["done"] * (KEPT_RUNS + 1)
    assert desk.tasks()[0].id == first_task


def test_rows_that_change_have_room_on_their_page(desk: Desk) -> None:
    """A lease that is renewed and a hint that is sent again touch no index: PostgreSQL changes the row in place (HOT)."""
    desk.submit_avatar()
    blocking = (
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
        " WHERE i.indrelid = CAST(:table AS regclass)"
    )
    indexed = {table: {row.attname for row in desk.sql(blocking, table=table)} for table in ("task", "claim")}
    query = "SELECT array_to_string(reloptions, ' ') AS set FROM pg_class WHERE relname IN ('task', 'claim')"
    options = [str(row.set) for row in desk.sql(query)]

    assert {"lease_until", "hinted_at", "token", "attempts"}.isdisjoint(indexed["task"])
    assert {"lease_until", "renewed_at"}.isdisjoint(indexed["claim"])
    assert all("fillfactor" in each and "autovacuum_vacuum_scale_factor" in each for each in options)
