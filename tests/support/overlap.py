"""Two transactions that meet in an order that the test says: the barriers are locks that it holds."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import text

from tests.support.desk import Desk
from tests.support.together import until

HISTORY: Final = "LOCK TABLE audit IN EXCLUSIVE MODE"
"""Who moves a submission or ends a claim writes history after that, and stands here with those rows locked."""

TASKS: Final = "SELECT 1 FROM task FOR UPDATE"
"""Who changes a task queues up at its row, first come, first served."""

KEYS: Final = "LOCK TABLE idempotency IN EXCLUSIVE MODE"
"""Who was given an idempotency key looks it up first, and stands here with its transaction begun and nothing done."""

SECONDS: Final = 60


@contextmanager
def held(desk: Desk, lock: str) -> Iterator[None]:
    """Whoever needs the lock waits until the end of the block."""
    with desk.tools.owner.engine.connect() as connection:
        connection.execute(text(lock))
        yield


@contextmanager
def begun(desk: Desk, do: Callable[[], Any], *, door: str) -> Iterator[Future[Any]]:
    """`do`, which has begun its transaction and stands at the door until the end of the block."""
    with ThreadPoolExecutor(1) as pool, held(desk, door):
        going = pool.submit(do)
        until(lambda: desk.waiting_for_locks() == 1, seconds=SECONDS)
        yield going


@contextmanager
def in_the_middle(desk: Desk, do: Callable[[], Any], *, meanwhile: Callable[[], None]) -> Iterator[Future[Any]]:
    """`do`, which began before `meanwhile`, and stands at the history with its rows locked until the end of the block."""
    with ThreadPoolExecutor(1) as pool, held(desk, HISTORY):
        with held(desk, KEYS):
            going = pool.submit(do)
            until(lambda: _stands_at(desk, "idempotency"), seconds=SECONDS)
            meanwhile()
        until(lambda: _stands_at(desk, "audit"), seconds=SECONDS)
        yield going


def overlapping(desk: Desk, first: Callable[[], Any], second: Callable[[], Any], *, gate: str = HISTORY) -> list[Any]:
    """What both came to, a value or an error: `first` stood at the gate, in the middle of its transaction, when `second` came."""
    with ThreadPoolExecutor(2) as pool:
        with held(desk, gate):
            one = pool.submit(first)
            until(lambda: desk.waiting_for_locks() == 1, seconds=SECONDS)
            other = pool.submit(second)
            until(lambda: other.done() or desk.waiting_for_locks() == 2, seconds=SECONDS)
        return [outcome(one), outcome(other)]


def outcome(going: Future[Any]) -> Any:
    """What it gave, or the error that it raised."""
    return going.exception(timeout=SECONDS) or going.result()


def _stands_at(desk: Desk, table: str) -> bool:
    """Whether somebody waits for the lock of that table."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST(:table AS regclass)"
    return bool(desk.sql(waiting, table=table)[0][0])
