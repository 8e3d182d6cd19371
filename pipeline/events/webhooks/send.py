"""Sends deliveries to an endpoint, members beside each other, the events of one member one after the other."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import structlog
from sqlalchemy import Row

from pipeline.events.webhooks.due import Line
from pipeline.events.webhooks.rules import is_taken, message, signed, valid_secrets
from pipeline.kernel.outgoing import Outgoing, refusal_of
from pipeline.ownership.rules import is_test

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Address:
    """Where to send: the address, the endpoint's opened secrets with their ends, and how long one delivery may take."""

    url: str
    secrets: Sequence[dict[str, Any]]
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of sending one delivery: the endpoint's status if it answered, and what went wrong in words."""

    row: Row[Any]
    status: int | None
    error: str | None


def send(
    lines: Sequence[Line],
    address: Address,
    *,
    at_once: int,
    until: float,
    http: Outgoing,
    clock: Callable[[], datetime],
) -> list[Outcome]:
    """What came of it, in the order in which each member's were sent. A line ends with what was not taken, or at `until` (monotonic)."""

    def sent_line(line: Line) -> list[Outcome]:
        found: list[Outcome] = []
        for row in line:
            found.append(_sent(row, address, http, clock()))
            if found[-1].error is not None or time.monotonic() >= until:
                break
        return found

    if len(lines) == 1:
        return sent_line(lines[0])
    with ThreadPoolExecutor(min(at_once, len(lines)), thread_name_prefix="webhook") as threads:
        return [each for line in threads.map(sent_line, lines) for each in line]


def _sent(row: Row[Any], address: Address, http: Outgoing, now: datetime) -> Outcome:
    """One fault of ours in one event is that event's: it is logged, and tried again as if it had not been taken."""
    try:
        body = message(row.type, row.at, row.data, test=is_test(row.member_id))
        headers = signed(row.event_id, body, secrets=valid_secrets(address.secrets, now), now=now)
        answer = http.post(address.url, body=body, headers=headers, seconds=address.seconds)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = refusal_of(error) or f"{type(error).__name__}."
        return Outcome(row, None, f"The endpoint cannot be reached: {why}")
    except Exception as error:
        log.exception("webhook.send_failed", event_id=str(row.event_id), endpoint_id=str(row.endpoint_id))
        return Outcome(row, None, f"The event could not be sent: {type(error).__name__}.")
    error_words = None if is_taken(answer.status) else f"The endpoint answered {answer.status}."
    return Outcome(row, answer.status, error_words)
