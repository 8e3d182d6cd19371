"""The feed of events skips none: whoever writes, in whatever order they commit, and whatever the clock says."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text

from pipeline.events.feed import events
from pipeline.events.outbound import emit
from pipeline.kernel.database import Database
from schemas.events import EventType, MemberErased
from tests.support.desk import Desk

Begin = Callable[[Desk], Database]


def application(desk: Desk) -> Database:
    return desk.tools.db


def owner(desk: Desk) -> Database:
    """Another role, whose transactions the application's role may not look into."""
    return desk.tools.owner


def tell(connection: Connection, member_id: str) -> None:
    now = connection.execute(text("SELECT now()")).scalar_one()
    about = MemberErased(
        member_id=member_id, erasure_id=uuid4(), asked_at=now, finished_at=now, receipt_sha256="0" * 64, version=1
    )
    emit(connection, EventType.MEMBER_ERASED, about, member_id=member_id, trace="t")


class Consumer:
    """Asks for a page after the other."""

    def __init__(self, desk: Desk) -> None:
        self._db = desk.tools.db
        self._cursor: str | None = None
        self.got: list[str] = []

    def ask(self) -> None:
        page = events(cursor=self._cursor, member_id=None, limit=100, db=self._db)
        self.got += [each.data["member_id"] for each in page.items]
        self._cursor = page.next_cursor


@contextmanager
def wrong_clock(desk: Desk, by: timedelta) -> Iterator[None]:
    """What was written in between was written by a clock that was stepped since."""
    yield
    for column in ("written_at", "at"):
        desk.sql(f"UPDATE event SET {column} = {column} + make_interval(secs => :secs)", secs=by.total_seconds())  # noqa: S608


@pytest.mark.parametrize("first", [application, owner])
@pytest.mark.parametrize("second", [application, owner])
def test_an_event_that_commits_after_a_later_number_is_not_skipped(desk: Desk, first: Begin, second: Begin) -> None:
    consumer = Consumer(desk)
    with first(desk).begin() as slow:
        tell(slow, "slow")
        with second(desk).begin() as quick:
            tell(quick, "quick")
        consumer.ask()
        meanwhile = list(consumer.got)
    consumer.ask()

    assert meanwhile == []
    assert consumer.got == ["slow", "quick"]


@pytest.mark.parametrize("by", [timedelta(hours=-1), timedelta(minutes=-1)])
def test_a_step_of_the_clock_shows_nothing_too_early(desk: Desk, by: timedelta) -> None:
    """What is there was written by a clock that was slow until now, so it seems older than the transaction that is under way."""
    consumer = Consumer(desk)
    with ExitStack() as under_way:
        slow = under_way.enter_context(desk.tools.db.begin())
        tell(slow, "slow")
        with wrong_clock(desk, by), desk.tools.db.begin() as quick:
            tell(quick, "quick")
        consumer.ask()
        meanwhile = list(consumer.got)
    consumer.ask()

    assert meanwhile == []
    assert consumer.got == ["slow", "quick"]


def test_a_transaction_that_writes_and_tells_nothing_holds_up_nobody(desk: Desk) -> None:
    consumer = Consumer(desk)
    with desk.tools.db.begin() as long:
        long.execute(text("SELECT pg_current_xact_id()"))
        with desk.tools.db.begin() as quick:
            tell(quick, "quick")
        consumer.ask()

    assert consumer.got == ["quick"]


def test_a_transaction_that_is_rolled_back_holds_up_nobody_after_it(desk: Desk) -> None:
    consumer = Consumer(desk)
    with desk.tools.db.begin() as failing:
        tell(failing, "never")
        with desk.tools.db.begin() as quick:
            tell(quick, "quick")
        failing.get_transaction().rollback()  # type: ignore[union-attr]
        consumer.ask()

    assert consumer.got == ["quick"]


def test_of_several_that_are_under_way_the_earliest_counts(desk: Desk) -> None:
    consumer = Consumer(desk)
    with desk.tools.db.begin() as before:
        tell(before, "before")
    with desk.tools.owner.begin() as slowest:
        tell(slowest, "one")
        with desk.tools.db.begin() as slow:
            tell(slow, "two")
            with desk.tools.db.begin() as quick:
                tell(quick, "three")
            consumer.ask()
        consumer.ask()
        meanwhile = list(consumer.got)
    consumer.ask()

    assert meanwhile == ["before"]
    assert consumer.got == ["before", "one", "two", "three"]
