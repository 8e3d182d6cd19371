import threading

import pytest

from pipeline.access.staff.seats import Seats
from pipeline.kernel.errors import Overloaded


def test_of_one_caller_so_many_work_and_wait_and_others_still_find_a_place() -> None:
    seats = Seats(3, queue=0, for_each=2)

    with seats.taken("a"), seats.taken("a"):
        with pytest.raises(Overloaded), seats.taken("a"):
            pass
        with seats.taken("b"):
            pass


def test_no_more_wait_than_may() -> None:
    seats = Seats(1, queue=0, for_each=1)

    with seats.taken("a"), pytest.raises(Overloaded) as told, seats.taken("b"):
        pass

    assert told.value.retry_after_seconds == 5


def test_who_waits_gets_the_seat_of_who_leaves() -> None:
    seats, done = Seats(1, queue=1, for_each=1), threading.Event()

    def work() -> None:
        with seats.taken("b"):
            done.set()

    with seats.taken("a"):
        waiting = threading.Thread(target=work)
        waiting.start()
        assert not done.is_set()
    waiting.join()

    assert done.is_set()


def test_a_seat_is_free_again_whatever_happened_in_it() -> None:
    seats = Seats(1, queue=0, for_each=1)

    with pytest.raises(ZeroDivisionError), seats.taken("a"):
        raise ZeroDivisionError

    with seats.taken("a"):
        pass
