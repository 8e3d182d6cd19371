"""The limit on requests of intake that a web process works on at once."""

import anyio
import pytest

from pipeline.kernel.errors import Overloaded
from web.api.concurrency import IntakeLimit

LONG = 60.0


async def work_until(limit: IntakeLimit, go: anyio.Event, worked: list[str], name: str) -> None:
    async with limit.entered():
        worked.append(name)
        await go.wait()


async def _two_at_once(limit: IntakeLimit, worked: list[str]) -> None:
    """One works, and stays at work while another comes."""
    go = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(work_until, limit, go, worked, "first")
        await anyio.wait_all_tasks_blocked()
        try:
            async with limit.entered():
                worked.append("second")
        finally:
            go.set()


async def _one_after_another(limit: IntakeLimit, worked: list[str]) -> None:
    """One works, another comes and waits, and the first one is done."""
    go, done = anyio.Event(), anyio.Event()
    done.set()
    async with anyio.create_task_group() as group:
        group.start_soon(work_until, limit, go, worked, "first")
        await anyio.wait_all_tasks_blocked()
        group.start_soon(work_until, limit, done, worked, "second")
        await anyio.wait_all_tasks_blocked()
        assert worked == ["first"]
        go.set()


async def _given_up(limit: IntakeLimit, worked: list[str]) -> None:
    """A request that waits is cancelled, and gets in at that moment."""
    async with anyio.create_task_group() as group, limit.entered():
        group.start_soon(work_until, limit, anyio.Event(), worked, "given up")
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    async with limit.entered():
        worked.append("next")


@pytest.mark.parametrize(("queue", "patience"), [(0, LONG), (5, 0.01)], ids=["no place to wait", "no patience"])
def test_a_request_over_the_limit_is_told_to_come_back(queue: int, patience: float) -> None:
    worked: list[str] = []

    with pytest.raises(ExceptionGroup) as raised:
        anyio.run(_two_at_once, IntakeLimit(1, queue=queue, patience_seconds=patience), worked)

    (error,) = raised.value.exceptions
    assert isinstance(error, Overloaded)
    assert error.retry_after_seconds == 2
    assert worked == ["first"]


def test_a_request_that_waits_gets_in_when_another_is_done() -> None:
    worked: list[str] = []

    anyio.run(_one_after_another, IntakeLimit(1, queue=1, patience_seconds=LONG), worked)

    assert worked == ["first", "second"]


def test_a_place_that_came_to_a_cancelled_request_is_free_for_the_next_one() -> None:
    worked: list[str] = []

    anyio.run(_given_up, IntakeLimit(1, queue=1, patience_seconds=LONG), worked)

    assert worked[-1] == "next"


def test_a_place_is_free_again_whatever_happened_in_it() -> None:
    limit = IntakeLimit(1, queue=0)

    async def fail() -> None:
        async with limit.entered():
            raise ZeroDivisionError

    async def work() -> str:
        async with limit.entered():
            return "worked"

    with pytest.raises(ZeroDivisionError):
        anyio.run(fail)

    assert anyio.run(work) == "worked"
