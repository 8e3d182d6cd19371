"""Numbers that the web asks for each second, with many tasks and cases waiting: what they read is bounded, and no table is gone over."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from config.container import Container
from pipeline.kernel import clock
from pipeline.review.cases.queue_stats import COUNTED, arrival_pace, queue
from pipeline.tasks.backlog import Backlog
from pipeline.tasks.stalled import stalled_work
from tests.support.cases import insert_cases
from tests.support.desk import Desk
from tests.support.servers import empty

MANY = 20_000
MOST_READ = 10_000
"""As far as what is stalled is counted."""
TASKS = (
    "INSERT INTO task (id, kind, ref_id, dedup_key, trace, waits, last_error, due_at)"
    " SELECT gen_random_uuid(), 'event.deliver', n::text, 'd:' || n, 't', 1, 'StorageUnavailable: away', now() - interval '1 hour'"
    " FROM generate_series(1, :many) n"
)

Ask = Callable[[Container], object]
ASKED: dict[str, Ask] = {
    "backlog": lambda tools: Backlog(tools.db, bound=5_000).is_full(),
    "stalled": lambda tools: stalled_work(tools.db),
    "queue": lambda tools: queue(context=tools.review),
    "queue of a language": lambda tools: queue(context=tools.review, languages=("en",)),
    "pace": lambda tools: arrival_pace(now=clock.now(), context=tools.review),
}


@pytest.fixture(scope="module")
def crowded(all_servers: Container) -> Iterator[Container]:
    empty(all_servers)
    desk = Desk(all_servers)
    insert_cases(all_servers.db, MANY)
    desk.sql("UPDATE submission SET state = 'received' WHERE sequence % 2 = 0")
    desk.sql(TASKS, many=MANY)
    with all_servers.owner.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE task, submission")
    yield all_servers
    empty(all_servers)


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_what_is_asked_each_second_reads_a_bounded_part_of_no_index_in_full(crowded: Container, ask: Ask) -> None:
    plans = [plan for statement, values in asked(crowded, ask) for plan in explained(crowded, statement, values)]

    scanned = [node["Relation Name"] for plan in plans for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    read = [node["Actual Rows"] for plan in plans for node in nodes(plan) if "Relation Name" in node]
    assert {"task", "submission"}.isdisjoint(scanned)
    assert max(read, default=0) <= MOST_READ
    assert sum(filtered(plan) for plan in plans) <= COUNTED


def asked(tools: Container, ask: Ask) -> list[tuple[str, Any]]:
    """The statements with their values, as they leave."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        seen.append((statement, values))

    event.listen(tools.db.engine, "before_cursor_execute", note)
    try:
        ask(tools)
    finally:
        event.remove(tools.db.engine, "before_cursor_execute", note)
    assert seen
    return seen


def explained(tools: Container, statement: str, values: Any) -> list[dict[str, Any]]:
    with tools.db.read() as connection:
        answer = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
        return [each["Plan"] for each in answer.scalar_one()]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", []):
        yield from nodes(each)


def filtered(plan: dict[str, Any]) -> float:
    return sum(float(node.get("Rows Removed by Filter", 0)) for node in nodes(plan))
