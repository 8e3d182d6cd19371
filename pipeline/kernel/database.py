import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import orjson
import psycopg
from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    MetaData,
    Text,
    create_engine,
    event,
    exc,
    func,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, Insert
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from pipeline.kernel.database_errors import TAKES_NO_WRITES, as_json, state_of, translated
from pipeline.kernel.errors import DatabaseUnavailable
from pipeline.kernel.rules.sql_states import is_away

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of the pipeline registers here; the migrations are held against it."""

JSON: Final = JSONB(none_as_null=True)
Instant: Final = DateTime(timezone=True)

_AFTER_COMMIT: Final = "proofdesk.after_commit"
_LEFT: Final = "proofdesk.left"

_ASK: Final = text("SELECT current_setting('server_version'), current_setting('transaction_read_only')")

TRUSTED_SECONDS: Final = 1.0
"""A pooled connection that was used within this time is not checked before its next use."""

Hint = tuple[str, str]
AfterCommit = Callable[[Sequence[Hint]], None]


class Database:
    """PostgreSQL with a pool of connections. A transaction that commits passes on the hints that were recorded in it."""

    def __init__(self, engine: Engine, *, after_commit: AfterCommit) -> None:
        self.engine = engine
        self._after_commit = after_commit

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: commits at the end of the block, rolls back on any exception. Raises DatabaseUnavailable."""
        with translated(), self.engine.begin() as connection:
            hints: list[Hint] = []
            connection.info[_AFTER_COMMIT] = hints
            yield connection
        if hints:
            self._after_commit(hints)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading, each statement on its own. Raises DatabaseUnavailable."""
        with translated(), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    def now(self) -> datetime:
        """The time by the database's clock, which all processes share. Raises DatabaseUnavailable."""
        with self.read() as connection:
            at: datetime = connection.execute(select(func.now())).scalar_one()
            return at

    def ping(self) -> str:
        """The server's version. Raises DatabaseUnavailable, also where the server takes no writes."""
        with self.read() as connection:
            version, read_only = connection.execute(_ASK).one()
            if read_only == "on":
                connection.invalidate()  # the next one may lead to the server that took over
                raise DatabaseUnavailable(TAKES_NO_WRITES)
            return str(version)

    def close(self) -> None:
        """Close the pool."""
        self.engine.dispose()


def storable(words: str) -> str:
    """A text without what PostgreSQL cannot store: zero bytes and halves of characters."""
    return words.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def after_commit(connection: Connection, *, kind: str, task_id: str) -> None:
    """Remember to hint a task once this transaction has committed."""
    connection.info[_AFTER_COMMIT].append((kind, task_id))


def one_at_a_time(connection: Connection, what: str) -> None:
    """Transactions that name the same `what` queue up here; the lock ends with the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})


def constant(word: str) -> ColumnElement[str]:
    """A word of our own as a literal in the statement, never a value from outside, so that a partial index serves a cached plan.

    With a parameter in its place PostgreSQL plans the statement each time anew, which takes several times as long as running it.
    """
    if not word.isidentifier():
        raise ValueError(f"{word!r} is no word of ours.")
    return literal_column(f"'{word}'", Text)


def took_effect(connection: Connection, statement: Insert) -> bool:
    """Run an INSERT … ON CONFLICT and say whether it wrote its row. SQLAlchemy gives inserts no row count, so ask for the row."""
    return connection.execute(statement.returning(literal(1))).first() is not None


def engine(url: str, *, pool_size: int = 10) -> Engine:
    """The engine for `url`, with time-outs that are shorter than any lease. Made once a process, after fork."""
    made = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,  # what overflows is closed after one use, and a new connection costs ten times a transaction
        pool_timeout=10,
        pool_use_lifo=True,  # few connections are warm, not all of them lukewarm: each plans its own statements
        hide_parameters=True,  # an error's text ends in logs and in the ledger, where members' data must not be
        json_serializer=as_json,
        json_deserializer=orjson.loads,
        connect_args={
            "connect_timeout": 5,
            "options": "-c statement_timeout=15000 -c idle_in_transaction_session_timeout=20000 -c timezone=UTC",
        },
    )
    _check_before_use(made)
    _drop_lost(made)
    return made


def _check_before_use(engine: Engine) -> None:
    """Ping a pooled connection before use, unless it was used a moment ago: a ping each time is a fifth of all round trips.

    As with `pool_pre_ping`, a dead connection is replaced, together with all that are as old. So is one that takes no writes: it was
    made while the database was read-only, and reads alone would keep it for ever.
    """

    @event.listens_for(engine, "checkin")
    def note(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_LEFT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get(_LEFT, math.inf) < TRUSTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.OperationalError as error:
            raise exc.InvalidatePoolError from error
        if _takes_no_writes(connection):
            raise exc.InvalidatePoolError


def _takes_no_writes(connection: DBAPIConnection) -> bool:
    """By what PostgreSQL (14 and later) reports of a session without being asked."""
    info = getattr(connection, "info", None)
    reported = ("in_hot_standby", "default_transaction_read_only")
    return info is not None and any(info.parameter_status(each) == "on" for each in reported)


def _drop_lost(engine: Engine) -> None:
    """Drop a connection, and all that are as old, whose server takes no writes any more: the next may lead to another server."""

    @event.listens_for(engine, "handle_error")
    def look(context: ExceptionContext) -> None:
        if is_away(state_of(context.original_exception)):
            context.is_disconnect = True
