"""How long the look-ups of fingerprints take while the table grows: the embedded PostgreSQL, made for this and thrown away."""

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, text

from pipeline.inspection.fingerprints import NEAR, exact, fingerprint, near, remember
from pipeline.kernel.database import engine
from pipeline.kernel.ids import new_id
from tests.bench.measure import Measure
from tests.support.servers import servers

SIZES = (10_000, 100_000, 1_000_000)
ASKED = 200
SHARED_BY = 100

FILL = text(
    """
    INSERT INTO fingerprint (material_id, member_id, sha256, phash)
    SELECT gen_random_uuid(), 'member-' || i / 3, sha256(i::text::bytea),
           CASE WHEN i % :shared = 0 THEN :common ELSE (('x' || substr(md5('p' || i), 1, 16))::bit(64))::bigint END
    FROM generate_series(CAST(:first AS bigint), :last) AS i
    """
)


def run(sizes: Sequence[int] = SIZES) -> list[dict[str, Any]]:
    """One row for each size and look-up: rows, look-up, p50 and p99 in milliseconds, the share found, the size in MiB.

    One row in a hundred carries the same hash, as a picture that everybody sends; `near, common` asks for it.
    """
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as tools:
        measured = engine(tools.settings.owner_url)
        with measured.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            prepare(connection)
            rows = [row for first, last in zip((0, *sizes), sizes, strict=False) for row in at(connection, first, last)]
        measured.dispose()
    return rows


def measures() -> list[Measure]:
    """The rows of `run` as the bench prints them; the last look-ups against the first say whether they stay flat."""
    rows = run()
    found = [
        Measure(f"{row['look-up']}, {row['rows']:,} rows, p50", row["p50 ms"], "ms")
        for row in rows
        if "near" in row["look-up"]
    ]
    at_most = {row["rows"]: row["p50 ms"] for row in rows if row["look-up"] == f"near, {NEAR} bits away"}
    return [
        *found,
        Measure(f"near with {SIZES[-1]:,} rows : with {SIZES[0]:,}", at_most[SIZES[-1]] / at_most[SIZES[0]], "×"),
    ]


def prepare(connection: Connection) -> None:
    """The table alone: a material for each row would measure another table."""
    connection.exec_driver_sql("SET statement_timeout = 0")
    connection.exec_driver_sql("SET maintenance_work_mem = '512MB'")
    fingerprint.create(connection, checkfirst=True)
    connection.exec_driver_sql("SET session_replication_role = replica")


def at(connection: Connection, first: int, last: int) -> list[dict[str, Any]]:
    """Grow the table from `first` to `last` rows and measure."""
    chance = random.Random(last)  # noqa: S311  # a repeatable choice
    common = chance.getrandbits(63)
    grow(connection, first, last, common)
    known = [
        row.phash for row in connection.execute(select(fingerprint.c.phash).limit(4 * ASKED)) if row.phash != common
    ]
    asked = {
        f"near, {bits} bits away": [flipped(each, bits, chance) for each in chance.sample(known, ASKED)]
        for bits in (0, 4, NEAR)
    }
    strangers = [f"{chance.getrandbits(64):016x}" for _ in range(ASKED)]
    digests = [f"{chance.getrandbits(256):064x}" for _ in range(ASKED)]
    mebibytes = size(connection)
    timed = {
        **{name: timing(lambda each: near(connection, each, member_id="me"), hashes) for name, hashes in asked.items()},
        "near, nobody's": timing(lambda each: near(connection, each, member_id="me"), strangers),
        "near, common": timing(lambda each: near(connection, each, member_id="me"), [f"{common:016x}"] * ASKED),
        "exact": timing(lambda each: exact(connection, each, member_id="me"), digests),
        "remember": timing(lambda each: keep(connection, each), strangers),
    }
    return [
        {"rows": last, "look-up": name, **figures, "table and indexes, MiB": mebibytes}
        for name, figures in timed.items()
    ]


def grow(connection: Connection, first: int, last: int, common: int) -> None:
    """The indexes are made after the rows, which takes a third of the time."""
    for index in fingerprint.indexes:
        index.drop(connection)
    connection.execute(FILL, {"first": first + 1, "last": last, "shared": SHARED_BY, "common": common})
    for index in fingerprint.indexes:
        index.create(connection)
    connection.exec_driver_sql("VACUUM ANALYZE fingerprint")


def flipped(phash: int, bits: int, chance: random.Random) -> str:
    return f"{phash % 2**64 ^ sum(1 << bit for bit in chance.sample(range(64), bits)):016x}"


def keep(connection: Connection, phash: str) -> list[object]:
    remember(connection, material_id=new_id(), member_id="me", sha256=phash * 4, phash=phash)
    return []


def size(connection: Connection) -> int:
    query = text("SELECT pg_total_relation_size('fingerprint') / 1048576")
    return int(connection.execute(query).scalar_one())


def timing(look: Callable[[str], Sequence[object]], asked: Sequence[str]) -> dict[str, float]:
    """Each asked once to warm the cache and once to be timed."""
    found = sum(bool(look(each)) for each in asked)
    spent = sorted(seconds(look, each) * 1000 for each in asked)
    return {
        "p50 ms": round(statistics.median(spent), 2),
        "p99 ms": round(spent[len(spent) * 99 // 100], 2),
        "found": round(found / len(asked), 3),
    }


def seconds(look: Callable[[str], Sequence[object]], asked: str) -> float:
    start = time.perf_counter()
    look(asked)
    return time.perf_counter() - start
