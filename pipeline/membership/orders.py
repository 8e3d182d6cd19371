"""One order: all that was told of it, and what it counts."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.membership.rules.spend import COMPLETED, AnothersOrder, OrderCompletedBefore, Told, worth
from pipeline.membership.tables import spend_event, spend_order


@dataclass(frozen=True, slots=True)
class Counted:
    """An order with one more event: whether it was completed, what it counts now, and what it counted before."""

    known: bool
    now: Decimal
    before: Decimal


def count(connection: Connection, source: str, order_id: str, told: Told, *, member_id: str) -> Counted:
    """Bring what the order counts up to date. Its row is locked from here on. Raises AnothersOrder, OrderCompletedBefore."""
    order = _locked(connection, source, order_id, member_id)
    if order.member_id != member_id:
        raise AnothersOrder(f"{source} told before that the order {order_id} is another member's.")
    earlier = _told(connection, source, order_id)
    if told.type == COMPLETED and any(each.type == COMPLETED for each in earlier):
        raise OrderCompletedBefore(f"{source} told before, by another event, that the order {order_id} was completed.")
    events = [*earlier, told]
    now = worth(events)
    mine = (spend_order.c.source == source, spend_order.c.order_id == order_id)
    connection.execute(update(spend_order).where(*mine).values(counts=now, updated_at=func.now()))
    return Counted(any(each.type == COMPLETED for each in events), now, order.counts)


def keep(connection: Connection, event_id: UUID, source: str, order_id: str, told: Told, *, spent: Decimal) -> None:
    """Keep what was told, with what all of the member's orders come to after it."""
    row = {"event_id": event_id, "source": source, "order_id": order_id, "spent_after": spent, **asdict(told)}
    connection.execute(insert(spend_event).values(row))


def _locked(connection: Connection, source: str, order_id: str, member_id: str) -> Row[Any]:
    row = {"source": source, "order_id": order_id, "member_id": member_id}
    connection.execute(upsert(spend_order).values(row).on_conflict_do_nothing())
    mine = (spend_order.c.source == source, spend_order.c.order_id == order_id)
    return connection.execute(select(spend_order).where(*mine).with_for_update()).one()


def _told(connection: Connection, source: str, order_id: str) -> list[Told]:
    columns = (spend_event.c.type, spend_event.c.amount, spend_event.c.currency, spend_event.c.rate)
    mine = (spend_event.c.source == source, spend_event.c.order_id == order_id)
    return [Told(*row) for row in connection.execute(select(*columns).where(*mine))]
