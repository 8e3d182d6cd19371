import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from dramatiq import Message, MessageProxy

from config.logging import configure_logging


def lines(captured: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.readouterr().err.splitlines()]


def test_a_line_is_json_with_process_event_time_and_correlation_id(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("worker", log_format="json")
    structlog.contextvars.bind_contextvars(correlation_id="trace-7")

    structlog.get_logger().info("submission.inspected", accepted=True)

    (line,) = lines(capsys)
    assert line["timestamp"].endswith("Z")
    assert {**line, "timestamp": ""} == {
        "process": "worker",
        "event": "submission.inspected",
        "accepted": True,
        "correlation_id": "trace-7",
        "level": "info",
        "timestamp": "",
    }


def test_a_library_speaks_in_the_same_form_with_the_same_id(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("web", log_format="json")
    structlog.contextvars.bind_contextvars(correlation_id="trace-7")

    logging.getLogger("some.package").warning("the %s is low", "ink")

    (line,) = lines(capsys)
    assert (line["event"], line["logger"], line["correlation_id"]) == ("the ink is low", "some.package", "trace-7")


def test_an_exception_is_in_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("web", log_format="json")

    structlog.get_logger().error("request.crashed", exc_info=ZeroDivisionError("a mistake"))

    (line,) = lines(capsys)
    assert line["exception"] == "ZeroDivisionError: a mistake"


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object, 2**70, "half \ud800"], ids=repr)
def test_a_value_that_json_does_not_know_does_not_cost_the_line(
    capsys: pytest.CaptureFixture[str], value: object
) -> None:
    configure_logging("web", log_format="json")

    structlog.get_logger().info("thing.happened", value=value)

    (line,) = lines(capsys)
    assert line["event"] == "thing.happened"


@pytest.mark.parametrize("seen", [lambda message: message, MessageProxy])
def test_a_message_is_written_without_what_is_in_it(
    capsys: pytest.CaptureFixture[str], seen: Callable[[Message[None]], object]
) -> None:
    configure_logging("worker", log_format="json")
    submission = {"member": {"name": "Lin Wei", "email": "lin@example.com"}}
    message = Message[None]("intake", "accept_submission", (), {"submission": submission}, {}, "message-7")

    logging.getLogger("dramatiq.worker").error("Failed to process message %s with unhandled exception.", seen(message))

    (line,) = lines(capsys)
    assert line["event"] == "Failed to process message accept_submission message-7 with unhandled exception."


def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("web", log_format="json", level="WARNING")

    structlog.get_logger().info("thing.happened")
    logging.getLogger("some.package").info("quiet")

    assert lines(capsys) == []


def test_libraries_that_talk_much_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("web", log_format="json")

    logging.getLogger("botocore.endpoint").info("Making request")
    logging.getLogger("httpx").info("HTTP Request")

    assert lines(capsys) == []


def test_a_person_at_a_terminal_sees_words(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("web", log_format="console")

    structlog.get_logger().info("thing.happened", colour="blue")

    assert "thing.happened" in capsys.readouterr().err


def test_an_exception_at_a_terminal_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    """A name or an address in a local variable is personal data (STYLE 10)."""
    configure_logging("web", log_format="console")

    fail_over("Ada Byron")

    assert "Ada Byron" not in capsys.readouterr().err


def fail_over(name: str) -> None:
    try:
        float(f"{len(name)} letters")
    except ValueError:
        structlog.get_logger().exception("thing.failed")
