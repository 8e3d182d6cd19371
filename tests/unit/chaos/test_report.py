"""What a run of chaos says about itself: how fast work went, and which guards were needed."""

from pathlib import Path

import pytest

from tests.chaos.guards import guards
from tests.chaos.pace import Times, ended_at, spread, throughput

TIMES = Times(began=0, storm_began=10, storm_ended=30)
CALM = Times(began=0, storm_began=float("inf"), storm_ended=float("inf"))


def test_throughput_is_told_for_before_during_and_after_the_faults() -> None:
    ends = [1.0, 2.0, 3.0, 4.0, 5.0, 12.0, 20.0, 35.0, 40.0]

    assert throughput(ends, TIMES) == {"before": 0.5, "during": 0.1, "after": 0.2}


def test_without_faults_all_throughput_is_from_before_them() -> None:
    assert throughput([1.0, 2.0, 4.0], CALM) == {"before": 0.75, "during": None, "after": None}


def test_a_run_in_which_nothing_ended_has_no_throughput() -> None:
    assert throughput([], TIMES) == {"before": None, "during": None, "after": None}


def test_a_submission_has_ended_with_the_last_of_its_effects() -> None:
    effects = [{"done_at": "2026-11-02T09:00:05+00:00"}, {"done_at": None}]

    assert ended_at({"closed_at": "2026-11-02T09:00:00+00:00", "effects": effects}) == 1793610005


@pytest.mark.parametrize(("seconds", "told"), [([3], {"p50": 3, "max": 3}), ([1, 2, 9.06], {"p50": 2, "max": 9.1})])
def test_a_spread_is_the_middle_and_the_worst(seconds: list[float], told: dict[str, float]) -> None:
    assert spread(seconds) == told


def test_guards_are_counted_over_all_logs_and_torn_lines_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "worker-1.log").write_bytes(b'{"event":"task.lease_lost"}\n{"event":"task.lease_ex')
    (tmp_path / "relay-1.log").write_bytes(b'no JSON\n[]\n{"event":"task.lease_expired"}\n{"event":"relay.started"}\n')
    (tmp_path / "relay-1.log.1").write_bytes(b'{"event":"task.lease_expired"}\n')

    counted = guards(tmp_path)

    assert (counted["leases_expired"], counted["stale_finishes"], counted["hints_lost"]) == (2, 1, 0)
