"""The queue page and claim-next while the queue grows, and claim-next with many reviewers at once: the embedded PostgreSQL."""

import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import text

from config.container import Container
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.kernel.database import Database, engine
from pipeline.migrations.upgrade import upgrade
from pipeline.review.cases.queue_stats import queue
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.service import claim_next
from tests.bench.measure import Measure
from tests.support.cases import insert_cases
from tests.support.servers import servers

SMALL, LARGE = 1_000, 100_000
ROUNDS = 300
REVIEWERS = 16
WARM_UP = 12
"""How often a statement is run before PostgreSQL keeps its plan, and once or twice more."""
DECIDES_IN: Final = 3.0
"""Seconds from one case to the next: how fast the console wants an avatar to be decided."""
GLANCES_IN: Final = 0.2
"""The same of somebody who hardly looks. Without a pause it is processors that are measured."""

PUT_BACK = text("UPDATE claim SET state = 'released' WHERE state = 'live' AND reviewer_id = :who")


def measures() -> list[Measure]:
    """How both grow with the queue, and how long the slowest of a hundred claims takes while sixteen people claim."""
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as tools:
        small, large = (_filled(tools, count) for count in (SMALL, LARGE))
        found = [*_growth(small, large), *_load(large)]
        for each in (small, large):
            each.db.close()
    return found


def _filled(tools: Container, count: int) -> ReviewContext:
    """Review on a database of its own with so many open cases."""
    name = f"open_{count}"
    with tools.owner.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    url = tools.settings.owner_url.rpartition("/")[0] + f"/{name}"
    db = Database(engine(url, pool_size=REVIEWERS), after_commit=lambda _: None)
    upgrade(db.engine)
    insert_cases(db, count)
    add_reviewer("any", db=db)
    add_reviewer("two", languages=["zh", "es"], db=db)
    add_reviewer("senior", roles=[Role.REVIEWER, Role.SENIOR], db=db)
    for number in range(REVIEWERS):
        add_reviewer(f"r-{number}", db=db)
    return replace(tools.review, db=db)


def _growth(small: ReviewContext, large: ReviewContext) -> Iterator[Measure]:
    works: dict[str, Callable[[ReviewContext], float]] = {
        "queue page": _look,
        "claim-next, any language": lambda context: _claim(context, "any"),
        "claim-next, two languages": lambda context: _claim(context, "two"),
        "claim-next, a senior": lambda context: _claim(context, "senior"),
    }
    for name, work in works.items():
        turns = [
            (work(small), work(large)) for _ in range(ROUNDS)
        ]  # so that what else the machine does meets both alike
        few, many = (statistics.median(each) for each in zip(*turns, strict=True))
        yield Measure(f"{name}, {SMALL:,} open", few, "ms")
        yield Measure(f"{name}, {LARGE:,} open", many, "ms")
        yield Measure(f"{name}, {LARGE:,} : {SMALL:,}", many / few, "×", 1.5)


def _load(context: ReviewContext) -> Iterator[Measure]:
    loads = (
        (1, GLANCES_IN, 300, "1 reviewer, a case each 0.2 s", None),
        (REVIEWERS, DECIDES_IN, 30, f"{REVIEWERS} reviewers, a case each 3 s", 20.0),
        (REVIEWERS, GLANCES_IN, 100, f"{REVIEWERS} reviewers, a case each 0.2 s", 20.0),
        (REVIEWERS, 0.0, 100, f"{REVIEWERS} reviewers, with no pause", None),
    )
    for people, pause, claims, how, goal in loads:
        spent = sorted(_at_once(context, people=people, pause=pause, claims=claims))
        yield Measure(f"claim-next, {how}, p50", statistics.median(spent), "ms")
        yield Measure(f"claim-next, {how}, p99", spent[len(spent) * 99 // 100], "ms", goal)


def _at_once(context: ReviewContext, *, people: int, pause: float, claims: int) -> list[float]:
    """The milliseconds of each claim, on connections that know its statements.

    Each reviewer begins a little later than the one before, and takes now more and now less time, as people do.
    """
    spent: list[float] = []

    def review(number: int) -> None:
        for each in _turns(context):
            for _ in range(WARM_UP):
                _claim(each, f"r-{number}")
        chance = random.Random(number)  # noqa: S311  (chance that can be repeated, not secrecy)
        time.sleep(pause * number / people)
        for _ in range(claims):
            spent.append(_claim(context, f"r-{number}"))
            time.sleep(pause * chance.uniform(0.5, 1.5))

    threads = [threading.Thread(target=review, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return spent


def _turns(context: ReviewContext) -> Iterator[ReviewContext]:
    """Under these each claim asks for a sampled case first, or for a golden one, or for neither: what is rare is known as well."""
    for mix, golden in ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0)):
        quality = context.policy.quality.model_copy(update={"mix": mix, "golden": golden})
        yield replace(context, policy=context.policy.model_copy(update={"quality": quality}))


def _look(context: ReviewContext) -> float:
    started = time.perf_counter()
    queue(context=context)
    return (time.perf_counter() - started) * 1000


def _claim(context: ReviewContext, reviewer: str) -> float:
    """The milliseconds of one claim. The case before is put back first, outside of them."""
    with context.db.begin() as connection:
        connection.execute(PUT_BACK, {"who": reviewer})
    started = time.perf_counter()
    taken = claim_next(reviewer_id=reviewer, context=context)
    assert taken is not None
    return (time.perf_counter() - started) * 1000
