"""Wrapping every sealed value anew after the master key was changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, RowMapping, Table, select, text, tuple_, update

from pipeline.kernel.database import Database, metadata
from pipeline.kernel.encryption import Sealer, all_sealed, is_sealed

BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """What came of one run: how many rows were wrapped anew, and how many values are still under an older key."""

    rows: int
    older: int


def sealed_columns() -> Mapping[Table, list[Column[Any]]]:
    """The columns of each table that hold sealed values: those that were made with `info=SEALED`."""
    found = {table: [each for each in table.columns if each.info.get("sealed")] for table in metadata.sorted_tables}
    return {table: columns for table, columns in found.items() if columns}


def rewrap_all(db: Database, sealer: Sealer, *, batch: int = BATCH) -> Rewrapped:
    """Wrap every value by the first master key, in batches. A run that was stopped is simply run again: what is done is passed over.

    Raises NotOpened where a value's key is not set, KeyServiceUnavailable.
    """
    rows = 0
    for table, columns in sealed_columns().items():
        for page in _pages(db, table, columns, batch):
            # The key service is asked here, with no transaction open.
            changed = [(row, fresh) for row in page if (fresh := _rewrapped(row, columns, sealer))]
            with db.begin() as connection:
                rows += sum(_replaced(connection, table, row, fresh) for row, fresh in changed)
    return Rewrapped(rows, older_values(db, sealer, batch=batch))


def older_values(db: Database, sealer: Sealer, *, batch: int = BATCH) -> int:
    """How many values are under an older key than the first."""
    values = (
        sealed
        for table, columns in sealed_columns().items()
        for page in _pages(db, table, columns, batch)
        for row in page
        for column in columns
        for sealed in all_sealed(row[column.name])
    )
    return sum(not sealer.is_current(each) for each in values)


def _pages(db: Database, table: Table, columns: list[Column[Any]], batch: int) -> Iterator[list[RowMapping]]:
    """The rows of a table in the order of its key, a page at a time."""
    key = list(table.primary_key.columns)
    conditions = {column.info["where"] for column in columns if "where" in column.info}
    query = select(*key, *columns).where(*map(text, conditions)).order_by(*key).limit(batch)
    last: tuple[Any, ...] | None = None
    while True:
        with db.read() as connection:
            after = query if last is None else query.where(tuple_(*key) > tuple_(*last))
            page = list(connection.execute(after).mappings())
        if not page:
            return
        yield page
        last = tuple(page[-1][column.name] for column in key)


def _rewrapped(row: RowMapping, columns: list[Column[Any]], sealer: Sealer) -> dict[str, Any]:
    """The columns of this row that change, with their new values."""
    before = {column.name: row[column.name] for column in columns}
    after = {name: _walked(value, sealer) for name, value in before.items()}
    return {name: value for name, value in after.items() if value != before[name]}


def _walked(value: Any, sealer: Sealer) -> Any:
    if isinstance(value, dict):
        return {name: _walked(each, sealer) for name, each in value.items()}
    if isinstance(value, list):
        return [_walked(each, sealer) for each in value]
    return sealer.rewrap(value) if is_sealed(value) else value


def _replaced(connection: Connection, table: Table, row: RowMapping, fresh: Mapping[str, Any]) -> bool:
    """Write the new values, unless somebody has written others meanwhile."""
    key = [column == row[column.name] for column in table.primary_key.columns]
    same = [table.c[name] == row[name] for name in fresh]
    return bool(connection.execute(update(table).where(*key, *same).values(fresh)).rowcount)
