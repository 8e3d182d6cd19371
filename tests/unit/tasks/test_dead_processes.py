"""When a relay takes a process for dead: `looks` are (seconds, beats) of one process."""

from uuid import UUID

import pytest

from pipeline.tasks.processes import LONGEST_PAUSE_SECONDS, DeadProcesses

ONE, OTHER = UUID(int=1), UUID(int=2)
SILENT = 5.0


def last_look(looks: list[tuple[float, int]]) -> dict[UUID, int]:
    watch = DeadProcesses(silent_seconds=SILENT)
    return [watch.silent({ONE: count}, now=now) for now, count in looks][-1]


@pytest.mark.parametrize(
    ("looks", "dead"),
    [
        pytest.param([(0, 1)], False, id="seen once"),
        pytest.param([(0, 1), (2, 1), (4, 1)], False, id="silent for less"),
        pytest.param([(0, 1), (2, 1), (4, 1), (5, 1)], True, id="silent for so long"),
        pytest.param([(0, 1), (2, 2), (4, 3), (6, 4)], False, id="it beats"),
        pytest.param([(0, 1), (2, 1), (4, 2), (6, 2), (8, 2)], False, id="a late beat begins anew"),
        pytest.param([(0, 1), (60, 1)], False, id="the relay, or the database, stood still"),
        pytest.param([(0, 1), (60, 1), (62, 1), (64, 1)], False, id="and watches anew"),
        pytest.param([(0, 1), (60, 1), (62, 1), (64, 1), (65, 1)], True, id="and for so long"),
    ],
)
def test_a_process_is_dead_that_was_watched_in_silence_for_so_long(
    looks: list[tuple[float, int]], *, dead: bool
) -> None:
    assert last_look(looks) == ({ONE: looks[-1][1]} if dead else {})


def test_processes_are_watched_one_by_one() -> None:
    watch = DeadProcesses(silent_seconds=SILENT)
    watch.silent({ONE: 1}, now=0)
    watch.silent({ONE: 1, OTHER: 1}, now=2)
    watch.silent({ONE: 1, OTHER: 1}, now=4)

    assert watch.silent({ONE: 1, OTHER: 1}, now=6) == {ONE: 1}


def test_a_process_that_ended_by_itself_is_forgotten() -> None:
    watch = DeadProcesses(silent_seconds=SILENT)
    watch.silent({ONE: 1}, now=0)
    watch.silent({}, now=2)

    assert watch.silent({ONE: 1}, now=4) == {}


def test_the_longest_pause_is_shorter_than_the_silence_that_counts() -> None:
    assert LONGEST_PAUSE_SECONDS < SILENT
