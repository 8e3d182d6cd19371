import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from pipeline.kernel.circuit_breaker import Circuit
from pipeline.kernel.errors import MailRefused, RetryableError, StorageCircuitOpen, StorageUnavailable
from tests.support.together import at_once

LONG = 600.0
NO_TIME = -1.0
"""A pause that is over, also where the clock goes back a little."""


def circuit(*, failures: int = 3, pause_seconds: float = LONG) -> Circuit:
    return Circuit(
        "object store",
        away=(StorageUnavailable,),
        refusal=StorageCircuitOpen,
        failures=failures,
        pause_seconds=pause_seconds,
    )


def call(of: Circuit, error: BaseException | None = None) -> None:
    with of.calling():
        if error:
            raise error


def fail(of: Circuit, times: int) -> None:
    for _ in range(times):
        with suppress(StorageUnavailable):
            call(of, StorageUnavailable("It does not answer."))


def test_after_so_many_failures_in_a_row_nobody_is_let_through() -> None:
    tried = circuit(failures=3)
    fail(tried, 3)

    reached = []
    with pytest.raises(StorageCircuitOpen), tried.calling():
        reached.append(1)

    assert reached == []


def test_the_last_failure_is_raised_as_it_is() -> None:
    with pytest.raises(StorageUnavailable, match="It does not answer") as raised:
        call(circuit(failures=1), StorageUnavailable("It does not answer."))

    assert not isinstance(raised.value, StorageCircuitOpen)


def test_a_success_in_between_begins_the_count_anew() -> None:
    tried = circuit(failures=3)
    fail(tried, 2)
    call(tried)

    fail(tried, 2)

    assert tried.is_closed


@pytest.mark.parametrize("error", [MailRefused("no"), ValueError("ours"), RetryableError("another thing is away")])
def test_any_other_error_is_an_answer_and_not_a_failure(error: Exception) -> None:
    tried = circuit(failures=2)
    fail(tried, 1)

    with pytest.raises(type(error)):
        call(tried, error)
    fail(tried, 1)

    assert tried.is_closed


def test_a_time_limit_that_ends_a_call_counts_against_the_dependency() -> None:
    tried = circuit(failures=1)

    with pytest.raises(KeyboardInterrupt):
        call(tried, KeyboardInterrupt())

    assert not tried.is_closed


def test_a_refusal_says_when_the_next_try_is_and_why() -> None:
    tried = circuit(failures=1)
    fail(tried, 1)

    with pytest.raises(StorageCircuitOpen) as refused:
        call(tried)

    assert str(refused.value).startswith("The circuit is open: the object store failed")
    assert "Next try in 60" in str(refused.value) or "Next try in 59" in str(refused.value)
    assert str(refused.value).endswith("It does not answer.")
    assert refused.value.retry_after_seconds in range(500, 601)
    assert isinstance(refused.value, StorageUnavailable)


def test_after_the_pause_a_call_that_succeeds_closes_the_circuit() -> None:
    tried = circuit(failures=1, pause_seconds=NO_TIME)
    fail(tried, 1)

    call(tried)

    assert tried.is_closed


def test_after_the_pause_a_call_that_fails_opens_it_again() -> None:
    tried = circuit(failures=3, pause_seconds=NO_TIME)
    fail(tried, 3)

    fail(tried, 1)

    assert not tried.is_closed


def test_after_the_pause_only_one_is_let_through_at_a_time() -> None:
    tried = circuit(failures=1, pause_seconds=NO_TIME)
    fail(tried, 1)

    with tried.calling(), pytest.raises(StorageCircuitOpen):
        call(tried)

    assert tried.is_closed


def in_threads(count: int, of: Circuit, do: Callable[[], object]) -> list[Exception]:
    def one(_: int) -> None:
        with of.calling():
            do()

    return at_once(count, one)[1]


def test_a_slow_call_does_not_hold_up_the_others() -> None:
    met = threading.Barrier(4)

    raised = in_threads(4, circuit(), lambda: met.wait(timeout=30))

    assert raised == []


def test_failures_in_many_threads_open_it_once() -> None:
    tried = circuit(failures=4)

    with capture_logs() as lines:
        at_once(8, lambda _: fail(tried, 1))

    assert not tried.is_closed
    assert [line["event"] for line in lines] == ["circuit.opened"]


def test_opening_and_closing_are_told_once_with_the_name_of_what_is_away() -> None:
    tried = circuit(failures=2, pause_seconds=NO_TIME)

    with capture_logs() as lines:
        fail(tried, 5)
        call(tried)
        call(tried)

    told = [(line["event"], line["dependency"]) for line in lines]
    assert told == [("circuit.opened", "object store"), ("circuit.closed", "object store")]
