"""The database as it is after a fail-over that led to a replica: it answers, and takes no writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import sql

from config.container import Container

_OTHERS: Final = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Server:
    """Makes the database read-only and writable again; every session is ended when it changes to read-only."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._name = sql.Identifier(connection.info.dbname)

    def demote(self) -> None:
        """New sessions are read-only, and the others are ended, as a fail-over does."""
        self._set("SET default_transaction_read_only = on")
        self._connection.execute(_OTHERS)

    def promote(self) -> None:
        """New sessions may write. Those that were made meanwhile stay read-only."""
        self._set("RESET default_transaction_read_only")

    def end_others(self) -> None:
        self._connection.execute(_OTHERS)

    def one(self, query: str) -> tuple[Any, ...] | None:
        """A row, asked by a session of its own."""
        return self._connection.execute(query).fetchone()

    def _set(self, change: str) -> None:
        self._connection.execute(sql.SQL("ALTER DATABASE {} ").format(self._name) + sql.SQL(change))


@contextmanager
def server(tools: Container) -> Iterator[Server]:
    """The running server. In the end it takes writes, and no session is left that does not."""
    url = tools.settings.owner_url.replace("+psycopg", "")  # the application's role may change no database
    with psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=off") as connection:
        running = Server(connection)
        try:
            yield running
        finally:
            running.promote()
            running.end_others()
            for each in (tools.db, tools.owner, tools.reading):
                each.engine.dispose()
