"""What the relay looks for: deliveries that are due and have nobody who sends them, and what is left of removed endpoints."""

from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import delete, exists, func, or_, select

from pipeline.events.tables import delivery, endpoint
from pipeline.events.webhooks import turns
from pipeline.kernel.batches import delete_some
from pipeline.kernel.database import Database

log = structlog.get_logger()

GRACE_SECONDS: Final = 5
"""What has been due for less time has a task of its own that may be about to run."""

BATCH: Final = 1000


def wake_forgotten(db: Database) -> int:
    """Give each active endpoint a task that has due deliveries and none. Returns how many endpoints.

    There is none such unless a task was lost, say deleted or parked: each delivery has a task from its event on.
    """
    late = delivery.c.due_at < func.now() - timedelta(seconds=GRACE_SECONDS)
    waits = exists().where(delivery.c.endpoint_id == endpoint.c.id, turns.PENDING, late, turns.IS_NEXT)
    works = (endpoint.c.state == "active", or_(endpoint.c.rests_until.is_(None), endpoint.c.rests_until < func.now()))
    with db.read() as connection:
        ids = connection.execute(select(endpoint.c.id).where(*works, waits)).scalars().all()
    woken = 0
    for endpoint_id in ids:
        with db.begin() as connection:
            row = turns.locked(connection, endpoint_id, endpoint.c.state == "active")
            woken += row is not None and turns.wake(connection, row)
    if woken:
        log.warning("webhook.woken", endpoints=woken)
    return woken


def delete_removed(db: Database, *, batch: int = BATCH) -> int:
    """Delete a batch of deliveries of removed endpoints, and endpoints that have none left. Returns how many rows.

    The endpoint goes last and alone: a transaction that emits waits for no more than that.
    """
    removed = select(endpoint.c.id).where(endpoint.c.state == "removed")
    with db.begin() as connection:
        gone = delete_some(connection, delivery, delivery.c.endpoint_id.in_(removed), most=batch)
    if gone:
        return gone
    left = exists().where(delivery.c.endpoint_id == endpoint.c.id)
    with db.begin() as connection:
        return int(connection.execute(delete(endpoint).where(endpoint.c.state == "removed", ~left)).rowcount)
