"""The numbers that the web asks for each second, with few and with a million waiting: the embedded PostgreSQL."""

import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import text

from config.container import Container
from pipeline.kernel import clock
from pipeline.review.cases.queue_stats import arrival_pace, queue
from pipeline.tasks.backlog import Backlog
from pipeline.tasks.stalled import stalled_work
from tests.bench.measure import Measure, interleaved
from tests.support.cases import insert_cases
from tests.support.servers import servers

FEW, MANY = 1_000, 1_000_000
ROUNDS: Final = 50
TASKS: Final = text(
    "INSERT INTO task (id, kind, ref_id, dedup_key, trace, waits, last_error, due_at)"
    " SELECT gen_random_uuid(), CASE n % 10 WHEN 0 THEN 'submission.inspect' ELSE 'event.deliver' END, n::text, 'd:' || n, 't',"
    " n % 2, 'StorageUnavailable: away', now() - interval '1 hour' FROM generate_series(1, CAST(:count AS int)) n"
)


def measures() -> list[Measure]:
    """How long each question takes. The goal is for a million waiting tasks and a million waiting cases."""
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as tools:
        _fill(tools, FEW)
        few = list(_asked(tools, FEW, goal=None))
        _fill(tools, MANY)
        return [*few, *_asked(tools, MANY, goal=5.0)]


def _fill(tools: Container, count: int) -> None:
    with tools.owner.begin() as connection:
        connection.execute(text("TRUNCATE task, submission CASCADE"))
    insert_cases(tools.owner, count)
    with tools.owner.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(TASKS, {"count": count})
        connection.execute(text("UPDATE submission SET state = 'received' WHERE sequence % 10 = 0"))
    with tools.owner.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM ANALYZE")


def _asked(tools: Container, count: int, *, goal: float | None) -> Iterator[Measure]:
    backlog = Backlog(tools.db, bound=tools.settings.intake_backlog, fresh_seconds=0)
    works: dict[str, Callable[[], object]] = {
        "backlog of inspections": backlog.is_full,
        "tasks that wait for a dependency": lambda: stalled_work(tools.db),
        "queue page": lambda: queue(context=tools.review),
        "pace of arrivals": lambda: arrival_pace(now=clock.now(), context=tools.review),
    }
    for name, times in zip(works, interleaved(*works.values(), rounds=ROUNDS), strict=True):
        yield Measure(f"{name}, {count:,} waiting", statistics.median(times), "ms", goal)
