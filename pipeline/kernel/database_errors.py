"""What PostgreSQL and its library raise, as errors of ours: the one place where a value is refused that cannot be kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import orjson
import psycopg
from sqlalchemy import exc

from pipeline.kernel.errors import (
    DatabaseFault,
    DatabaseUnavailable,
    Invalid,
    Problem,
    ProofdeskError,
    StatementCancelled,
)
from pipeline.kernel.rules.sql_states import NO_STATE, READ_ONLY, is_away, is_short, why_cancelled, wrong_value

TAKES_NO_WRITES: Final = "PostgreSQL takes no writes now: it is read-only, as after a fail-over."
_OUR_MISTAKES: Final = "42"
"""SQLSTATE's class of statements that are wrong; their message names our tables and columns and no data."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise DatabaseUnavailable, StatementCancelled, Invalid or DatabaseFault for what is raised in this block.

    Invalid is for a value that PostgreSQL cannot keep: zero bytes, halves of characters, text too long for an index, huge numbers.
    """
    try:
        yield
    except UnicodeEncodeError:
        raise _unstorable(*NO_STATE) from None
    except (exc.DBAPIError, psycopg.Error) as error:
        raise _ours(error) from (error if _is_outage(error) else None)
    except exc.StatementError as error:
        raise (error.orig if isinstance(error.orig, ProofdeskError) else error) from None
    except exc.TimeoutError as error:
        raise DatabaseUnavailable("PostgreSQL gave no connection in time.") from error


def _ours(error: exc.DBAPIError | psycopg.Error) -> ProofdeskError:
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    state = state_of(cause)
    if state == READ_ONLY:
        return DatabaseUnavailable(TAKES_NO_WRITES)
    if (wrong := wrong_value(state)) is not None:
        return _unstorable(*wrong)
    if isinstance(cause, psycopg.DataError) and state is None:
        return _unstorable(*NO_STATE)
    if (why := why_cancelled(state)) is not None:
        return StatementCancelled(f"PostgreSQL ended a statement of ours: {why} ({state}).")
    if _is_outage(error):
        return DatabaseUnavailable("PostgreSQL cannot be reached or closed the connection.")
    return DatabaseFault(_without_data(cause))


def _is_outage(error: exc.DBAPIError | psycopg.Error) -> bool:
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    state = state_of(cause)
    if (isinstance(error, exc.DBAPIError) and error.connection_invalidated) or is_away(state) or is_short(state):
        return True
    return state is None and isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)


def state_of(error: BaseException | None) -> str | None:
    """The SQLSTATE; None where the library raised the error before the server was asked."""
    return error.sqlstate if isinstance(error, psycopg.Error) else None


def _unstorable(code: str, sentence: str) -> Invalid:
    return Invalid([Problem("", code, sentence)])


def _without_data(cause: BaseException | None) -> str:
    """Which constraint failed, without the values, which may be a member's."""
    if not isinstance(cause, psycopg.Error):
        return type(cause).__name__
    where = ".".join(filter(None, [cause.diag.table_name, cause.diag.constraint_name or cause.diag.column_name]))
    words = cause.diag.message_primary if (cause.sqlstate or "").startswith(_OUR_MISTAKES) else None
    return " ".join(filter(None, [type(cause).__name__, cause.sqlstate, where, words]))


def as_json(value: object, *, sort_keys: bool = False) -> str:
    """The value as JSON that PostgreSQL can keep. Raises Invalid."""
    try:
        written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else 0)
    except TypeError as error:
        if "surrogates" in str(error):
            raise _unstorable(*NO_STATE) from None
        raise
    if b"\\u0000" in written and b"\\u0000" in written.replace(b"\\\\", b""):
        raise _unstorable(*NO_STATE)
    return written.decode()
