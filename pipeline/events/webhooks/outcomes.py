"""Records what came of sending, and what it says about the endpoint: whether it rests or is paused."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Integer, Interval, Row, Uuid, bindparam, column, func, update
from sqlalchemy.dialects.postgresql import ARRAY

from pipeline.events.outbound import delivery_ref
from pipeline.events.tables import delivery, endpoint
from pipeline.events.webhooks import turns
from pipeline.events.webhooks.rules import Health, health_after, retry_seconds
from pipeline.events.webhooks.send import Outcome
from pipeline.kernel.database import Database
from pipeline.policy import Events
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import DELIVER_EVENT
from pipeline.tasks.steps import end_ready
from pipeline.tasks.tables import task as tasks

log = structlog.get_logger()

_TAKEN: Final = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("rounds", type_=ARRAY(Integer)),
        bindparam("statuses", type_=ARRAY(Integer)),
    )
    .table_valued(column("id", Uuid), column("round", Integer), column("status", Integer), name="taken")
    .render_derived()
)
_DELIVERED: Final = (
    update(delivery)
    .where(
        delivery.c.endpoint_id == bindparam("to"),
        delivery.c.event_id == _TAKEN.c.id,
        delivery.c.round == _TAKEN.c.round,  # one that is to be sent again meanwhile stays pending
        turns.PENDING,
    )
    .values(state="delivered", last_status=_TAKEN.c.status, last_error=None, delivered_at=func.now())
)
_FAILED: Final = (
    update(delivery)
    .where(
        delivery.c.endpoint_id == bindparam("to"),
        delivery.c.event_id == bindparam("id"),
        delivery.c.round == bindparam("of_round"),
        turns.PENDING,
    )
    .values(
        state=bindparam("becomes"),
        tries=delivery.c.tries + 1,
        last_status=bindparam("status"),
        last_error=bindparam("error"),
        due_at=func.now() + bindparam("pause", type_=Interval),
    )
)


def record(
    outcomes: Sequence[Outcome],
    task: Task,
    endpoint_id: UUID,
    *,
    last: bool,
    now: datetime,
    db: Database,
    policy: Events,
) -> bool:
    """Record them all in one transaction. Returns whether the task goes on; otherwise its turn ended with this. Raises LeaseLost.

    The turn ends where the endpoint rests, is paused or is gone, where nothing more is due, and with the `last` round of a run.
    """
    taken = [each for each in outcomes if each.error is None]
    failed = [each for each in outcomes if each.error is not None]
    with db.begin() as connection:
        row = turns.locked(connection, endpoint_id)
        health = Health()
        given_up: list[Outcome] = []
        if row is not None and outcomes:
            _delivered(connection, endpoint_id, taken)
            given_up = _not_taken(connection, row, failed, now=now, policy=policy)
            health = _health(connection, row, taken=bool(taken), failed=failed, now=now, policy=policy)
        goes_on = row is not None and not (health.stops or last) and turns.is_due(connection, endpoint_id)
        if not goes_on:
            because = f"EndpointFailed: {failed[-1].error} It is sent again." if failed else None
            turns.end(connection, task, endpoint_id, idle=not outcomes, because=because)
    _say(endpoint_id, taken, given_up, health)
    return goes_on


def _delivered(connection: Connection, endpoint_id: UUID, taken: Sequence[Outcome]) -> None:
    if not taken:
        return
    rows = [each.row for each in taken]
    of = {"ids": [row.event_id for row in rows], "rounds": [row.round for row in rows]}
    connection.execute(_DELIVERED, {"to": endpoint_id, "statuses": [each.status for each in taken], **of})
    keys = [f"{DELIVER_EVENT.name}:{delivery_ref(row.event_id, endpoint_id)}" for row in rows]
    end_ready(connection, tasks.c.dedup_key.in_(keys))


def _not_taken(
    connection: Connection, to: Row[Any], failed: Sequence[Outcome], *, now: datetime, policy: Events
) -> list[Outcome]:
    """Those that are given up."""
    patience = timedelta(days=policy.give_up_days)
    over: list[Outcome] = []
    for each in failed:
        if now - max(each.row.begun_at, to.resumed_at or each.row.begun_at) >= patience:
            over.append(each)
        pause = retry_seconds(each.row.tries + 1, jitter=random.random())  # noqa: S311  (spread, not secrecy)
        said = {"becomes": "given_up" if each in over else "pending", "status": each.status, "error": each.error}
        of = {"to": to.id, "id": each.row.event_id, "of_round": each.row.round}
        connection.execute(_FAILED, {**of, **said, "pause": timedelta(seconds=pause)})
    return over


def _health(
    connection: Connection, to: Row[Any], *, taken: bool, failed: Sequence[Outcome], now: datetime, policy: Events
) -> Health:
    before = Health(to.failures, to.failing_since)
    statuses = [each.status for each in failed]
    after = health_after(before, taken=taken, failed=statuses, now=now, patience=timedelta(hours=policy.pause_hours))
    if after != before or to.rests_until is not None:
        rest = {"rests_until": func.now() + timedelta(seconds=after.rest_seconds) if after.rest_seconds else None}
        pause = {"state": "paused", "paused_because": after.paused_because} if after.paused_because else {}
        fresh = {"failures": after.failures, "failing_since": after.failing_since, **rest, **pause}
        connection.execute(update(endpoint).where(endpoint.c.id == to.id).values(**fresh))
    return after


def _say(endpoint_id: UUID, taken: Sequence[Outcome], given_up: Sequence[Outcome], health: Health) -> None:
    """One line for each delivery, under the correlation id of what the event is about where it has one."""
    to = str(endpoint_id)
    for each in taken:
        about = {"correlation_id": each.row.data["correlation_id"]} if "correlation_id" in each.row.data else {}
        log.info("webhook.delivered", event_id=str(each.row.event_id), endpoint_id=to, type=each.row.type, **about)
    for each in given_up:
        log.error("webhook.given_up", event_id=str(each.row.event_id), endpoint_id=to, error=each.error)
    if health.paused_because is not None:
        log.error("webhook.paused", endpoint_id=to, reason=health.paused_because)
    elif health.rest_seconds:
        log.warning("webhook.rests", endpoint_id=to, failures=health.failures, seconds=health.rest_seconds)
