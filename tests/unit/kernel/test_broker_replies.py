"""Replies of a broker that takes no work, as Valkey and Redis write them."""

from typing import Any

import pytest
from redis._parsers.base import BaseParser

from pipeline.kernel.rules.broker_replies import why_no_work


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'.", "is full"),
        ("OOM command not allowed when used memory > 'maxmemory'. script: 9f5, on @user_script:52.", "is full"),
        (
            "ERR Error running script (call to f_9f5): @user_script: 52: -OOM command not allowed.",
            "is full",
        ),
        ("READONLY You can't write against a read only replica.", "is read-only: it is a replica"),
        (
            "MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to persist to disk.",
            "is read-only",
        ),
        ("MISCONF Errors writing to the AOF file: No space left on device", "is read-only"),
        ("NOREPLICAS Not enough good replicas to write.", "is read-only"),
        ("LOADING Valkey is loading the dataset in memory", "is starting"),
        ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "has lost its primary"),
        ("CLUSTERDOWN Hash slot not served", "serves no keys"),
        ("MOVED 3999 127.0.0.1:6381", "one node of a cluster"),
        ("TRYAGAIN Multiple keys request during rehashing of slot", "moves its keys"),
        ("BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "is busy"),
        ("NOPERM User worker has no permissions to run the 'evalsha' command", "refuses a command"),
        ("NOAUTH Authentication required.", "wants a password"),
        ("WRONGPASS invalid username-password pair or user is disabled.", "does not know the user"),
    ],
)
def test_each_reply_says_why_no_work_is_taken_and_what_to_do(reply: str, words: str) -> None:
    if reply.startswith("MOVED"):
        assert words in str(why_no_work(reply))
        return
    error: Any = BaseParser.parse_error(reply)  # type: ignore[no-untyped-call]  # as the client's library raises it: some without their code

    assert words in str(why_no_work(str(error), status=error.status_code))


def test_another_error_has_no_known_cause() -> None:
    assert why_no_work("Connection refused") is None
