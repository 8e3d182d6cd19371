"""Transactions that stand still in the middle until a test lets them go on, or ends them."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection, select

from config.container import Container
from pipeline.kernel.database import one_at_a_time
from pipeline.submission.tables import submission
from tests.support.desk import Desk
from tests.support.together import until


@contextmanager
def member_held(tools: Container, member_id: str) -> Iterator[None]:
    """Whoever accepts a submission of this member waits in the middle of the transaction."""
    with _patient(tools) as connection:
        one_at_a_time(connection, f"member:{member_id}")
        yield


@contextmanager
def submission_held(tools: Container, submission_id: UUID) -> Iterator[None]:
    """Whoever moves this submission waits in the middle of the transaction."""
    with _patient(tools) as connection:
        connection.execute(select(submission.c.id).where(submission.c.id == submission_id).with_for_update())
        yield


@contextmanager
def _patient(tools: Container) -> Iterator[Connection]:
    """A transaction that may stand still for as long as a slow machine needs."""
    with tools.owner.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield connection


def cut_whoever_waits(desk: Desk) -> None:
    """End the connection of the transaction that waits for a lock, as a database does that goes away."""
    until(desk.waiting_for_locks, seconds=60)
    desk.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
