"""A held connection that the server closed: one that has rested is replaced unseen, one in use a moment ago fails once."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from config.container import Container
from pipeline.kernel import database
from pipeline.kernel.database import Database
from pipeline.kernel.errors import DatabaseUnavailable
from tests.support.desk import Desk


@pytest.fixture
def db(tools: Container) -> Iterator[Database]:
    """A pool of its own with two held connections."""
    held = Database(database.engine(tools.settings.sqlalchemy_url), after_commit=lambda _: None)
    with held.read() as first, held.read() as second:
        assert backend(first) != backend(second)
    yield held
    held.close()


def backend(connection: Connection) -> int:
    return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def closed_by_the_server(db: Database, desk: Desk) -> int:
    """The backend of the connection that is used next, which has ended."""
    with db.read() as connection:
        pid = backend(connection)
    desk.sql("SELECT pg_terminate_backend(:pid, 5000)", pid=pid)
    return pid


def test_one_that_has_rested_is_replaced_before_it_is_used(
    db: Database, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = closed_by_the_server(db, desk)
    monkeypatch.setattr(database, "TRUSTED_SECONDS", 0)

    with db.read() as connection:
        assert backend(connection) != gone


def test_one_that_was_in_use_a_moment_ago_fails_once_and_takes_the_others_with_it(
    db: Database, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "TRUSTED_SECONDS", 3600)
    gone = closed_by_the_server(db, desk)

    with pytest.raises(DatabaseUnavailable), db.read() as connection:
        backend(connection)

    with db.read() as first, db.read() as second:
        assert gone not in {backend(first), backend(second)}


def test_one_that_was_in_use_a_moment_ago_is_not_asked(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(db.engine.dialect, "do_ping", asked.append)

    monkeypatch.setattr(database, "TRUSTED_SECONDS", 3600)
    with db.read():
        assert asked == []

    monkeypatch.setattr(database, "TRUSTED_SECONDS", 0)
    with db.read():
        assert len(asked) == 1
