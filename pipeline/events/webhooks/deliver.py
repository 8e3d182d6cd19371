"""Sends what is due for an endpoint. All that it knows of the endpoint is in the database, so that any worker goes on with it."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from pipeline.events.outbound import endpoint_of
from pipeline.events.tables import endpoint
from pipeline.events.webhooks import turns
from pipeline.events.webhooks.due import Line, due_lines
from pipeline.events.webhooks.outcomes import record
from pipeline.events.webhooks.rules import place_of
from pipeline.events.webhooks.send import Address, Outcome, send
from pipeline.kernel.database import Database
from pipeline.kernel.encryption import Sealer
from pipeline.kernel.outgoing import Outgoing
from pipeline.policy import Events
from pipeline.tasks.ledger import Task

RUN_SECONDS: Final = 10.0
"""After this time another endpoint may have the thread."""
ROUND_SECONDS: Final = 3.0
"""A round ends after this time and the deliveries under way: what came of it is recorded, so that little is sent twice after a crash."""
MOST: Final = 48


def deliver(
    task: Task, *, clock: Callable[[], datetime], db: Database, http: Outgoing, policy: Events, sealer: Sealer
) -> None:
    """Send everything that is due for the task's endpoint, unless another task does. Raises LeaseLost.

    One event first; as long as the endpoint answers, many at once, of different members. The whole run is shorter than the lease.
    """
    endpoint_id = endpoint_of(task.ref_id)
    if not turns.take(task, endpoint_id, db=db):
        return
    ends_at = time.monotonic() + RUN_SECONDS
    most, goes_on = 1, True
    while goes_on:
        lines = due_lines(db, endpoint_id, most=most)
        address = _address(db, endpoint_id, sealer, seconds=policy.timeout_seconds) if lines else None
        outcomes = _round(lines, address, http=http, policy=policy, clock=clock)
        last = not outcomes or time.monotonic() >= ends_at
        goes_on = record(outcomes, task, endpoint_id, last=last, now=clock(), db=db, policy=policy)
        answers = all(each.error is None or each.status is not None for each in outcomes)
        most = MOST if answers and any(each.error is None for each in outcomes) else 1


def _round(
    lines: Sequence[Line],
    address: Address | None,
    *,
    http: Outgoing,
    policy: Events,
    clock: Callable[[], datetime],
) -> list[Outcome]:
    if address is None:
        return []
    until = time.monotonic() + ROUND_SECONDS
    return send(lines, address, at_once=policy.at_once, until=until, http=http, clock=clock)


def _address(db: Database, endpoint_id: UUID, sealer: Sealer, *, seconds: float) -> Address | None:
    """Where to send now; None where nothing is to be sent any more. Asked in each round: it may have been paused or rotated meanwhile."""
    active = (endpoint.c.id == endpoint_id, endpoint.c.state == "active")
    with db.read() as connection:
        row = connection.execute(select(endpoint.c.url, endpoint.c.secrets).where(*active)).one_or_none()
    if row is None:
        return None
    place = place_of(endpoint_id)
    return Address(
        row.url, [{**each, "secret": sealer.open(each["secret"], place=place)} for each in row.secrets], seconds
    )
