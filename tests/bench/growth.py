"""What one avatar leaves behind, from its upload to its mail, on the embedded servers: statements, transactions, WAL, rows, bytes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event

from tests.bench.measure import Measure
from tests.support.desk import Desk
from tests.support.servers import servers

AVATARS: Final = 100
WARM_UP: Final = 5
_STANDING: Final = (
    "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS wal,"
    " pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS transactions"
)
_TABLES: Final = (
    "SELECT relname, n_tup_upd AS changed, n_tup_hot_upd AS in_place, n_live_tup AS live,"
    " pg_total_relation_size(relid) AS bytes, pg_indexes_size(relid) AS indexes FROM pg_stat_user_tables"
)


@dataclass
class Standing:
    """What the server has counted so far."""

    wal: float
    transactions: float
    tables: dict[str, Any]


@dataclass
class Statements:
    """How many statements this process sent."""

    count: int = 0


def measures() -> list[Measure]:
    """For one avatar, as the mean of a hundred that are submitted, inspected, approved, published and told of."""
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as tools:
        desk = Desk(tools)
        for number in range(WARM_UP):
            _live(desk, f"warm-{number}")
        before = _standing(desk)
        with _counted(desk) as statements:
            for number in range(AVATARS):
                _live(desk, f"m-{number}")
        return list(_found(before, _standing(desk), statements))


def _live(desk: Desk, member_id: str) -> None:
    desk.submit_avatar(member_id)
    desk.inspect()
    desk.approve()
    desk.run_due()


def _found(before: Standing, after: Standing, statements: Statements) -> Iterator[Measure]:
    yield Measure("statements for an avatar", statements.count / AVATARS, "")
    yield Measure("write transactions for an avatar", (after.transactions - before.transactions) / AVATARS, "")
    yield Measure("WAL for an avatar", (after.wal - before.wal) / AVATARS / 1000, "kB")
    total = 0.0
    for name, row in sorted(after.tables.items()):
        old = before.tables[name]
        grown, indexes = ((row[each] - old[each]) / AVATARS for each in ("bytes", "indexes"))
        changed, in_place = (row[each] - old[each] for each in ("changed", "in_place"))
        total += grown
        if changed:
            yield Measure(f"{name}: changes for an avatar", changed / AVATARS, "")
            yield Measure(f"{name}: of these in place (HOT)", 100 * in_place / changed, "%")
        if grown:
            yield Measure(f"{name}: grows for an avatar by", grown, "bytes")
            yield Measure(f"{name}: of these in indexes", indexes, "bytes")
    yield Measure("all tables: grow for an avatar by", total, "bytes")


def _standing(desk: Desk) -> Standing:
    with desk.tools.owner.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        tables = {row.relname: row._mapping for row in connection.exec_driver_sql(_TABLES)}  # noqa: SLF001  (SQLAlchemy's own name)
        at = connection.exec_driver_sql(_STANDING).one()
    return Standing(float(at.wal), float(at.transactions), tables)


@contextmanager
def _counted(desk: Desk) -> Iterator[Statements]:
    found = Statements()

    def note(*_: object) -> None:
        found.count += 1

    event.listen(desk.tools.db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(desk.tools.db.engine, "before_cursor_execute", note)
