"""What a run of chaos says about itself: how fast work went, and which guards were needed."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.policy import POLICY_FILE, load_policy
from tests.chaos.faults.policy import edited
from tests.chaos.guards import guards, tries_in_vain
from tests.chaos.latency import Waited, by_time, inspections, tellings
from tests.chaos.listener import Telling
from tests.chaos.pace import Times, ended_at, spread, throughput
from tests.chaos.storm import Span
from tests.support.sound_run import evidence

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


def test_tries_in_vain_are_told_by_kind_and_error(tmp_path: Path) -> None:
    failed = b'{"event":"task.failed","task":"inspect","error":"Object 01a22a46-2aba of 3 is gone"}\n'
    late = b'{"event":"task.lease_lost","task":"mail","error":"The lease of 7f3e1 ended."}\n'
    (tmp_path / "worker-1.log").write_bytes(failed + failed.replace(b"3", b"4") + late + b'{"event":"task.done"}\n')

    assert tries_in_vain(tmp_path) == {"inspect: Object … of … is gone": 2, "mail: The lease of … ended.": 1}


def test_waiting_is_told_of_the_calm_and_of_each_fault() -> None:
    waited = [Waited(0, 1), Waited(100, 9), Waited(125, 5), Waited(200, 2), Waited(210, 3)]

    told = by_time(waited, {"endpoint_hangs": [Span(90, 110)]})

    assert told == {"calm": {"n": 3, "p50": 2, "p99": 3}, "endpoint_hangs": {"n": 1, "p50": 9, "p99": 9}}


def test_how_long_a_review_and_an_endpoint_were_waited_for_is_counted_from_the_events() -> None:
    first, second = evidence().events[:2]
    seen = [first, second._replace(type="submission.in_review", at=7.0)]
    found = replace(evidence(), events=seen, told=[Telling(first.event_id, first.type, first.member_id, 4.0)])

    assert inspections(found) == [Waited(1.0, 6.0)]
    assert tellings(found) == [Waited(1.0, 3.0)]


def test_the_edited_policy_is_one_and_says_otherwise_what_reviewers_say_and_ask(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(edited(POLICY_FILE.read_text()))

    before, after = load_policy(), load_policy(file)

    assert after.reasons.avatar[0].code not in {each.code for each in before.reasons.avatar}
    assert after.identities["wholesaler"].materials[0].kind == "account_statement"
