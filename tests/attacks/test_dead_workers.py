"""What a dead worker held comes back within seconds; one that was only frozen or cut off changes nothing when it goes on."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

import pytest

from config.container import Container
from pipeline.kernel.errors import LeaseLost
from pipeline.tasks import ledger, processes
from pipeline.tasks.ledger import Ledger, Task
from pipeline.tasks.processes import DeadProcesses, beats, end_dead
from pipeline.tasks.rules import FORGET_OLD
from pipeline.tasks.tables import worker_process
from tests.support.desk import Desk
from tests.support.faults import own_broker, stubborn_task
from tests.support.together import until
from workers.heartbeat import Heartbeat
from workers.relay import chores

SILENT: Final = 5.0


class Worker:
    """A worker process that holds tasks, with its own id."""

    def __init__(self, tools: Container) -> None:
        self.db, self.ledger = tools.db, Ledger(tools.db)
        self.ledger.process_id = self.id = processes.enter(tools.db)

    def hold(self, name: str) -> Task:
        with self.db.begin() as connection:
            task_id = ledger.record(connection, FORGET_OLD, name, trace="t")
        return self.take(task_id)

    def take(self, task_id: UUID | None) -> Task:
        mine = self.ledger.claim(FORGET_OLD, str(task_id))
        assert mine is not None
        return mine

    def finish(self, mine: Task) -> None:
        with self.db.begin() as connection:
            ledger.finish(connection, mine)

    def beat(self) -> bool:
        return processes.beat(self.db, self.id)


def watched(desk: Desk, *alive: Worker, seconds: float = SILENT) -> int:
    """How many tasks a relay gives back that watches for so many seconds, in which only these workers beat."""
    watch, given_back = DeadProcesses(silent_seconds=SILENT), 0
    for second in range(int(seconds) + 1):
        assert all(each.beat() for each in alive)
        given_back += end_dead(desk.tools.db, watch.silent(beats(desk.tools.db), now=float(second)))
    return given_back


def states(desk: Desk) -> dict[str, str]:
    return {row.ref_id: row.state for row in desk.tasks()}


def test_the_tasks_of_a_dead_worker_come_back_long_before_their_lease_ends_and_nobody_elses(
    desk: Desk, tools: Container
) -> None:
    dead, alive, without_signs = Worker(tools), Worker(tools), Worker(tools)
    without_signs.ledger.process_id = None
    dead.hold("one"), dead.hold("two"), alive.hold("three"), without_signs.hold("four")

    given_back = watched(desk, alive, without_signs)

    assert given_back == 2
    assert states(desk) == {"one": "ready", "two": "ready", "three": "running", "four": "running"}
    assert all(row.hinted_at is None for row in desk.tasks() if row.state == "ready")  # so they are hinted at once


def test_less_silence_is_no_death(desk: Desk, tools: Container) -> None:
    Worker(tools).hold("one")

    assert watched(desk, seconds=SILENT - 1) == 0
    assert states(desk) == {"one": "running"}


def test_a_frozen_worker_that_goes_on_finishes_nothing_that_was_given_to_another(desk: Desk, tools: Container) -> None:
    frozen, other = Worker(tools), Worker(tools)
    mine = frozen.hold("one")
    watched(desk, other)

    with pytest.raises(LeaseLost):
        frozen.finish(mine)  # before anybody has taken it
    theirs = other.take(mine.id)
    with pytest.raises(LeaseLost):
        frozen.finish(mine)
    with pytest.raises(LeaseLost):
        ledger.renew(tools.db, mine)
    other.finish(theirs)

    assert states(desk) == {"one": "done"}
    assert not frozen.beat()


def test_a_worker_that_beats_at_the_last_moment_keeps_what_it_holds(desk: Desk, tools: Container) -> None:
    late = Worker(tools)
    mine = late.hold("one")
    seen = beats(tools.db)

    assert late.beat()
    assert end_dead(tools.db, seen) == 0

    late.finish(mine)
    assert states(desk) == {"one": "done"}


def test_a_task_that_another_process_has_meanwhile_stays_there(desk: Desk, tools: Container) -> None:
    dead, other = Worker(tools), Worker(tools)
    mine = dead.hold("one")
    desk.sql("UPDATE task SET state = 'ready', lease_until = NULL")  # as when its lease ran out
    other.take(mine.id)

    assert watched(desk, other) == 0
    assert states(desk) == {"one": "running"}


def test_a_row_that_cannot_be_given_back_does_not_stop_the_rest(desk: Desk, tools: Container) -> None:
    dead = Worker(tools)
    stuck = dead.hold("one")
    dead.hold("two")

    with stubborn_task(tools, stuck.id):
        assert watched(desk) == 1

    assert states(desk) == {"one": "running", "two": "ready"}


@pytest.fixture
def own(tools: Container) -> Iterator[Container]:
    with own_broker(tools) as made:
        yield made
        made.heartbeat_db.close()


def test_a_process_that_counts_as_dead_goes_on_under_a_new_id(desk: Desk, own: Container) -> None:
    heartbeat = Heartbeat(own)
    heartbeat.beat()
    first = own.ledger.process_id
    desk.sql("UPDATE worker_process SET ended_at = now()")

    heartbeat.beat()
    heartbeat.beat()

    assert own.ledger.process_id not in (None, first)
    assert beats(own.db) == {own.ledger.process_id: 1}


def test_a_worker_beats_while_it_works_and_gives_back_at_its_end_what_it_still_holds(
    desk: Desk, own: Container
) -> None:
    heartbeat = Heartbeat(own)
    heartbeat.start()
    until(lambda: any(count > 0 for count in beats(own.db).values()))
    with own.db.begin() as connection:
        task_id = ledger.record(connection, FORGET_OLD, "one", trace="t")
    assert own.ledger.claim(FORGET_OLD, str(task_id))

    heartbeat.stop()

    assert states(desk) == {"one": "ready"}
    assert [row.ended_at is not None for row in desk.rows(worker_process)] == [True]


def test_a_relay_watches(tools: Container) -> None:
    (chore,) = [each for each in chores(tools) if each.name == "sweep_dead"]

    assert chore.every <= 1
    assert chore.do() == 0
