"""The object store is away, and comes back."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from config.container import Container
from pipeline.kernel import clock
from pipeline.tasks.rules import INSPECT
from pipeline.tasks.stalled import SPREAD_SECONDS
from tests.support.desk import Desk
from tests.support.faults import without_database
from tests.support.http import Api
from tests.support.line import Line, storage_line
from tests.support.together import until
from workers.recovery import Recovery

LONG = {"circuit_failures": 2, "circuit_pause_seconds": 600}
SHORT = {"circuit_failures": 1, "circuit_pause_seconds": 0.01}


@pytest.fixture
def cut(tools: Container) -> Iterator[tuple[Line, Container]]:
    """A line to the store that is cut; its circuit opens after two failures, for ten minutes."""
    with storage_line(tools, **LONG) as (line, made):
        line.cut()
        yield line, made


def inspected(desk: Desk, count: int, *, by: Container, member: str = "m") -> list[UUID]:
    """Try to inspect that many new submissions, one after the other."""
    submissions = [desk.submit_avatar(f"{member}-{number}") for number in range(count)]
    for row in desk.tasks(INSPECT):
        desk.perform(row.id, INSPECT, tools=by)
    return submissions


def errors(desk: Desk) -> list[str]:
    return [row.last_error.partition(":")[0] for row in desk.tasks(INSPECT)]


def test_work_fails_at_once_when_the_store_was_away_several_times_in_a_row(
    desk: Desk, cut: tuple[Line, Container]
) -> None:
    line, tools = cut
    inspected(desk, 2, by=tools)
    first, tries = errors(desk), line.tries

    inspected(desk, 3, by=tools, member="later")

    assert first == ["StorageUnavailable"] * 2
    assert errors(desk)[2:] == ["StorageCircuitOpen"] * 3
    assert line.tries == tries > 0


def test_work_behind_an_open_circuit_uses_up_no_try_and_comes_back_later(
    desk: Desk, cut: tuple[Line, Container]
) -> None:
    _, tools = cut

    inspected(desk, 4, by=tools)

    assert [(row.state, row.attempts, row.waits) for row in desk.tasks(INSPECT)] == [("ready", 0, 1)] * 4
    assert len({row.due_at - row.created_at for row in desk.tasks(INSPECT)}) == 4
    assert desk.parked() == []


def test_submissions_are_accepted_and_slots_given_while_the_store_is_away(
    api: Api, cut: tuple[Line, Container]
) -> None:
    web = api.over(cut[1])
    slot = {"purpose": "avatar", "media_type": "image/jpeg", "length": 1000}

    statuses = [web.post("/v1/uploads", slot).status_code, web.submit(_avatar()).status_code]

    assert statuses == [201, 202]


def _avatar() -> dict[str, object]:
    return {
        "kind": "avatar",
        "member_id": "m-9",
        "member": {"name": "Ada", "email": "ada@example.com"},
        "file": {"key": "avatar/none"},
    }


def test_a_request_that_needs_the_store_is_told_to_come_back(api: Api, cut: tuple[Line, Container]) -> None:
    web = api.over(cut[1])

    answers = [web.get(f"/public/avatars/{uuid4()}/{'0' * 64}.jpg") for _ in range(3)]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(503, "storage_unavailable")] * 3
    assert answers[0].headers["Retry-After"] == "5"
    assert int(answers[2].headers["Retry-After"]) > 60
    assert "The circuit is open" in answers[2].json()["detail"]


def test_readiness_names_the_store_its_circuit_and_what_waits(
    desk: Desk, api: Api, cut: tuple[Line, Container]
) -> None:
    inspected(desk, 3, by=cut[1])

    answer = api.over(cut[1]).readiness()

    body = answer.json()
    assert (answer.status_code, body["degraded"]) == (200, ["storage"])
    assert "PROOFDESK_STORAGE_URL" in body["advice"]["storage"]
    assert body["circuits"]["object store"].startswith("open, next try in ")
    assert body["circuits"]["mail server"] == "closed"
    assert [(each["for"], each["tasks"], each["circuit_open"]) for each in body["waiting"]] == [
        ("object store", 3, True)
    ]


def test_readiness_without_the_database_still_answers(tools: Container, api: Api) -> None:
    with without_database(tools) as cut_off:
        answer = api.over(cut_off).readiness()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json() == {"status": "not_ready"}


def test_when_the_store_is_back_its_work_goes_on_within_seconds_however_long_it_was_away(
    desk: Desk, tools: Container
) -> None:
    with storage_line(tools, **SHORT) as (line, made):
        line.cut()
        submissions = inspected(desk, 3, by=made)
        desk.sql("UPDATE task SET due_at = now() + interval '1 hour', waits = 100")
        recovery = Recovery(made)
        recovery.look()
        assert not made.storage.circuit.is_closed

        line.mend()
        until(recovery.look, seconds=60)

        soon = clock.now() + timedelta(seconds=SPREAD_SECONDS)
        assert all(row.due_at <= soon for row in desk.tasks(INSPECT))
        desk.let_backoff_pass()
        desk.run_due(INSPECT)
    assert [desk.state(each) for each in submissions] == ["in_review"] * 3


def test_a_worker_notices_by_itself_that_the_store_is_back(desk: Desk, tools: Container) -> None:
    with storage_line(tools, **SHORT) as (line, made):
        line.cut()
        inspected(desk, 1, by=made)
        desk.sql("UPDATE task SET due_at = now() + interval '1 hour'")
        recovery = Recovery(made)
        recovery.start()

        line.mend()
        until(lambda: desk.only_task(INSPECT).due_at < clock.now() + timedelta(minutes=30), seconds=60)
        recovery.stop()

    assert made.storage.circuit.is_closed


def test_work_that_failed_for_another_reason_is_not_called_with_the_rest(desk: Desk, tools: Container) -> None:
    with storage_line(tools, **SHORT) as (line, made):
        line.cut()
        inspected(desk, 1, by=made)
        desk.sql("UPDATE task SET due_at = now() + interval '1 hour', last_error = 'SandboxUnavailable: busy'")
        recovery = Recovery(made)
        recovery.look()

        line.mend()
        until(recovery.look, seconds=60)

    assert desk.only_task(INSPECT).due_at > clock.now() + timedelta(minutes=30)
