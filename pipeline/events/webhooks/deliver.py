from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import structlog
from sqlalchemy import Connection, Row, exists, func, select, update

from pipeline.events.tables import delivery, endpoint, event
from pipeline.events.webhooks.rules import is_taken, message, place_of, signed, valid_secrets, why_pause
from pipeline.kernel.database import Database
from pipeline.kernel.encryption import Sealer
from pipeline.kernel.errors import RetryableError
from pipeline.kernel.outgoing import Outgoing, refusal_of
from pipeline.policy import Events
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task

log = structlog.get_logger()


class EndpointFailed(RetryableError):
    """The endpoint did not take the event; it is sent again later."""

    code = "endpoint_failed"


class EarlierEventWaits(RetryableError):
    """An earlier event of the same member is not delivered yet; this one waits its turn."""

    code = "earlier_event_waits"


def deliver(task: Task, *, now: datetime, db: Database, http: Outgoing, policy: Events, sealer: Sealer) -> None:
    """Deliver the task's event, unless its endpoint is paused. Raises EndpointFailed or EarlierEventWaits: the ledger tries again."""
    row = _load(db, task)
    if row is None or row.state != "pending" or row.endpoint_state == "paused":
        with db.begin() as connection:
            ledger.finish(connection, task)
        return
    place = place_of(row.endpoint_id)
    secrets = [sealer.open(each, place=place) for each in valid_secrets(row.secrets, now)]
    status, error = _sent(row, secrets, now, http, seconds=policy.timeout_seconds)
    if error is None:
        _delivered(db, task, row, status)
        return
    given_up = now - row.begun_at >= timedelta(days=policy.give_up_days)
    paused = why_pause(status, row.failing_since or now, now, patience=timedelta(hours=policy.pause_hours))
    _failed(db, task, row, status=status, error=error, given_up=given_up, paused=paused)
    if not (given_up or paused):
        raise EndpointFailed(f"{error} It is sent again.")


def _load(db: Database, task: Task) -> Row[Any] | None:
    """The delivery with its event and endpoint; None where either is gone. Raises EarlierEventWaits."""
    event_id, _, endpoint_id = task.ref_id.partition(":")
    earlier = delivery.alias()
    waits = exists().where(
        earlier.c.endpoint_id == delivery.c.endpoint_id,
        earlier.c.member_id == delivery.c.member_id,
        earlier.c.sequence < delivery.c.sequence,
        earlier.c.state == "pending",
    )
    query = (
        select(
            delivery,
            event.c.type,
            event.c.at,
            event.c.data,
            endpoint.c.url,
            endpoint.c.secrets,
            endpoint.c.failing_since,
            endpoint.c.state.label("endpoint_state"),
            waits.label("waits"),
        )
        .join(event, event.c.id == delivery.c.event_id)
        .join(endpoint, endpoint.c.id == delivery.c.endpoint_id)
        .where(delivery.c.event_id == UUID(event_id), delivery.c.endpoint_id == UUID(endpoint_id))
    )
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is not None and row.state == "pending" and row.waits and row.endpoint_state == "active":
        raise EarlierEventWaits("An earlier event of this member is not delivered yet.")
    return row


def _sent(
    row: Row[Any], secrets: Sequence[str], now: datetime, http: Outgoing, *, seconds: float
) -> tuple[int | None, str | None]:
    """The endpoint's status, and what went wrong in words; None where it took the event."""
    body = message(row.type, row.at, row.data)
    headers = signed(row.event_id, body, secrets=secrets, now=now)
    try:
        answer = http.post(row.url, body=body, headers=headers, seconds=seconds)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return None, f"The endpoint cannot be reached: {refusal_of(error) or f'{type(error).__name__}.'}"
    if is_taken(answer.status):
        return answer.status, None
    return answer.status, f"The endpoint answered {answer.status}."


def _delivered(db: Database, task: Task, row: Row[Any], status: int | None) -> None:
    with db.begin() as connection:
        ledger.finish(connection, task)
        _note(connection, row, state="delivered", last_status=status, last_error=None, delivered_at=func.now())
        if row.failing_since is not None:
            connection.execute(update(endpoint).where(endpoint.c.id == row.endpoint_id).values(failing_since=None))
    log.info("webhook.delivered", event_id=str(row.event_id), endpoint_id=str(row.endpoint_id), type=row.type)


def _failed(
    db: Database, task: Task, row: Row[Any], *, status: int | None, error: str, given_up: bool, paused: str | None
) -> None:
    """Record the failure. A paused endpoint's deliveries stay pending: resuming sends them."""
    with db.begin() as connection:
        connection.execute(
            update(endpoint)
            .where(endpoint.c.id == row.endpoint_id, ledger.is_held(task))
            .values(
                failing_since=func.coalesce(endpoint.c.failing_since, func.now()),
                **({"state": "paused", "paused_because": paused} if paused else {}),
            )
        )
        gone = {"state": "given_up"} if given_up and not paused else {}
        _note(connection, row, last_status=status, last_error=error, **gone)
        if given_up or paused:
            ledger.finish(connection, task)
    if paused:
        log.error("webhook.paused", endpoint_id=str(row.endpoint_id), reason=paused)
    elif given_up:
        log.error("webhook.given_up", event_id=str(row.event_id), endpoint_id=str(row.endpoint_id), error=error)


def _note(connection: Connection, row: Row[Any], **values: Any) -> None:
    where = (delivery.c.event_id == row.event_id, delivery.c.endpoint_id == row.endpoint_id)
    connection.execute(update(delivery).where(*where).values(**values))
