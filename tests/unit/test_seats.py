import anyio
import anyio.lowlevel
import pytest

from pipeline.kernel.errors import Overloaded
from web.api.concurrency import Seats

LONG = 60.0


async def sit_until(seats: Seats, go: anyio.Event, seated: list[int]) -> None:
    async with seats.taken():
        seated.append(1)
        await go.wait()


async def _full(seats: Seats, seated: list[int]) -> None:
    """One sits, and another comes."""
    go = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(sit_until, seats, go, seated)
        await anyio.wait_all_tasks_blocked()
        try:
            async with seats.taken():
                seated.append(2)
        finally:
            go.set()


async def _freed(seats: Seats, seated: list[int]) -> None:
    """One sits, another comes and waits, and the first one leaves."""
    go, done = anyio.Event(), anyio.Event()
    done.set()
    async with anyio.create_task_group() as group:
        group.start_soon(sit_until, seats, go, seated)
        await anyio.wait_all_tasks_blocked()
        group.start_soon(sit_until, seats, done, seated)
        await anyio.lowlevel.checkpoint()
        go.set()


@pytest.mark.parametrize(("queue", "patience"), [(0, LONG), (5, 0.0)], ids=["no place in the queue", "no patience"])
def test_who_finds_no_seat_is_told_to_come_back(queue: int, patience: float) -> None:
    seated: list[int] = []

    with pytest.raises(ExceptionGroup) as raised:
        anyio.run(_full, Seats(1, queue=queue, patience_seconds=patience), seated)

    (error,) = raised.value.exceptions
    assert isinstance(error, Overloaded)
    assert error.retry_after_seconds == 2
    assert seated == [1]


def test_who_waits_gets_the_seat_that_comes_free() -> None:
    seated: list[int] = []

    anyio.run(_freed, Seats(1, queue=1, patience_seconds=LONG), seated)

    assert seated == [1, 1]


async def _in_turn(seats: Seats, seated: list[int]) -> None:
    """One sits, and the others come while it does."""

    async def sit(number: int) -> None:
        async with seats.taken():
            seated.append(number)

    async with anyio.create_task_group() as group:
        async with seats.taken():
            for number in range(1, 6):
                group.start_soon(sit, number)
                await anyio.wait_all_tasks_blocked()
        await sit(6)


async def _given_up(seats: Seats, seated: list[int]) -> None:
    """Whoever waits goes away at the moment at which the seat is theirs."""
    async with anyio.create_task_group() as group:
        async with seats.taken():
            group.start_soon(sit_until, seats, anyio.Event(), seated)
            await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    with anyio.fail_after(5):
        async with seats.taken():
            seated.append(2)


def test_who_came_first_is_seated_first() -> None:
    seated: list[int] = []

    anyio.run(_in_turn, Seats(1, queue=6, patience_seconds=LONG), seated)

    assert seated == [1, 2, 3, 4, 5, 6]


def test_a_seat_that_was_given_to_somebody_who_has_gone_is_free() -> None:
    seated: list[int] = []

    anyio.run(_given_up, Seats(1, queue=1, patience_seconds=LONG), seated)

    assert seated == [2]


def test_a_seat_is_given_back_whatever_happened_on_it() -> None:
    seats = Seats(1, queue=0)

    async def fail_on_it() -> None:
        async with seats.taken():
            raise ZeroDivisionError

    async def sit() -> str:
        async with seats.taken():
            return "seated"

    with pytest.raises(ZeroDivisionError):
        anyio.run(fail_on_it)

    assert anyio.run(sit) == "seated"
