"""Deleting and changing many rows in batches, each in a transaction of its own, so that no statement grows with the table."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Delete, Table, Update, delete, select, update

from pipeline.kernel.database import Database

BATCH: Final = 500

Change = TypeVar("Change", Delete, Update)

Renew = Callable[[], object]
"""Called before each batch, as a task renews its lease."""


def delete_in_batches(
    db: Database, table: Table, over: ColumnElement[bool], *, renew: Renew, batch: int = BATCH
) -> int:
    """Delete the rows that are `over`. Returns how many. Rows that somebody else has locked wait for the next run."""
    return in_batches(db, lambda connection: delete_some(connection, table, over, most=batch), renew=renew, batch=batch)


def in_batches(db: Database, do: Callable[[Connection], int], *, renew: Renew, batch: int = BATCH) -> int:
    """Call `do` in a transaction of its own until it did less than a batch. Returns the sum."""
    total = 0
    while True:
        renew()
        with db.begin() as connection:
            count = do(connection)
        total += count
        if count < batch:
            return total


def delete_some(
    connection: Connection, table: Table, over: ColumnElement[bool], *, most: int = BATCH, wait: bool = False
) -> int:
    """Delete as many of these rows. Returns how many. With `wait` none is passed over that somebody else has locked."""
    return connection.execute(_some(delete(table), table, over, most, wait=wait)).rowcount


def update_some(
    connection: Connection,
    table: Table,
    over: ColumnElement[bool],
    values: Mapping[Any, Any],
    *,
    most: int = BATCH,
    wait: bool = False,
) -> int:
    """Change as many of these rows, of which `over` must not hold any more then. Returns how many."""
    change = update(table).values(dict(values))
    return connection.execute(_some(change, table, over, most, wait=wait, no_key=True)).rowcount


def _some(
    change: Change, table: Table, over: ColumnElement[bool], most: int, *, wait: bool, no_key: bool = False
) -> Change:
    """The key is looked for in a CTE: a nested loop may run a subquery again for each row, and pass its limit with it."""
    key: list[Column[Any]] = list(table.primary_key.columns)
    locked = select(*key).where(over).limit(most).with_for_update(skip_locked=not wait, of=table, key_share=no_key)
    found = locked.cte("some")
    return change.where(*(column == found.c[column.name] for column in key))
