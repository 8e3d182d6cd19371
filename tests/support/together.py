"""Things done at the same moment, and waiting for what others do."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def at_once(count: int, do: Callable[[int], T]) -> tuple[list[T], list[Exception]]:
    """Call `do(0)` … `do(count - 1)` in threads that start behind one barrier; what they gave, and what they raised."""
    barrier = threading.Barrier(count)
    given: list[T] = []
    raised: list[Exception] = []

    def run(number: int) -> None:
        barrier.wait(timeout=60)
        try:
            given.append(do(number))
        except Exception as error:  # noqa: BLE001  (handed to the test)
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return given, raised


def until(condition: Callable[[], T], *, seconds: float = 60) -> T:
    """What `condition` gives once it is true. Fails when that has not come to pass by the deadline."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"still {found!r} after {seconds} seconds"
        time.sleep(0.02)
    return found
