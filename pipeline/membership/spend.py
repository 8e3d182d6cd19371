"""Count an event of an order and unlock the stages that the member's spend reaches (DOMAIN §7). Events may arrive in any order."""

from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.digests import member_digest
from pipeline.membership.level import Cause, add_ground, locked_membership, recompute
from pipeline.membership.level_mail import notify_of_level
from pipeline.membership.rules.spend import (
    COMPLETED,
    NOTHING,
    AnothersOrder,
    OrderCompletedBefore,
    OrderEvent,
    crossed,
    order_event,
    worth,
)
from pipeline.membership.tables import ground, spend_event, spend_order, spend_review
from pipeline.policy.ladder import Stage
from pipeline.submission import audit
from pipeline.submission.context import Context
from schemas.incoming import EventRequest, SpendCounted
from schemas.members import Money


def count_order(connection: Connection, event_id: UUID, request: EventRequest, *, context: Context) -> SpendCounted:
    """Count an order's event and unlock each stage that it reaches, in the caller's transaction.

    Raises Invalid, AnothersOrder, OrderCompletedBefore.
    """
    policy, member_id, source = context.policy, request.member_id, request.source
    order_id, event = order_event(request, policy.spend)
    cause = Cause(event_id, "spend", trace=context.trace)
    member = locked_membership(connection, member_id, policy)
    before = spent_by(connection, member_id)
    order = _locked_order(connection, source, order_id, member_id)
    events = _events_with(connection, order, event)
    counts = worth(events)
    spent = before - order.counts + counts
    _insert(connection, event_id, order, event, counts=counts, spent=spent)
    reached, below = _apply(connection, member_id, before, spent, cause=cause, context=context)
    move = recompute(connection, member, cause=cause, policy=policy, withdraw_mail=context.withdraw_mail)
    notify_of_level(connection, member_id, move, cause=cause, notify_member=context.notify_member)
    detail = {"member": member_digest(member_id), "event_id": str(event_id), "order_id": order_id, "spent": str(spent)}
    audit.write(connection, "spend.counted", actor=source, correlation_id=context.trace, detail=detail)
    return SpendCounted(
        order_id=order_id,
        order_known=any(each.type == COMPLETED for each in events),
        order_counts=Money(amount=counts, currency=policy.spend.base_currency),
        spent=Money(amount=spent, currency=policy.spend.base_currency),
        unlocked=tuple(rung.stage for rung in reached),
        under_review=tuple(rung.stage for rung in below),
    )


def spent_by(connection: Connection, member_id: str) -> Decimal:
    """The sum of what a member's orders count, in the base currency."""
    mine = spend_order.c.member_id == member_id
    total: Decimal | None = connection.execute(select(func.sum(spend_order.c.counts)).where(mine)).scalar_one()
    return NOTHING if total is None else total


def close_reviews_of_stage(connection: Connection, member_id: str, stage: str, *, by: str) -> None:
    """Close the open spend review of a stage that was taken away."""
    _close_reviews(connection, member_id, spend_review.c.stage == stage, state="taken_away", by=by)


def _locked_order(connection: Connection, source: str, order_id: str, member_id: str) -> Row[Any]:
    """The order's row, locked; it is created where there is none. Raises AnothersOrder."""
    row = {"source": source, "order_id": order_id, "member_id": member_id}
    connection.execute(insert(spend_order).values(row).on_conflict_do_nothing())
    mine = (spend_order.c.source == source, spend_order.c.order_id == order_id)
    order = connection.execute(select(spend_order).where(*mine).with_for_update()).one()
    if order.member_id != member_id:
        raise AnothersOrder(f"{source} sent the order {order_id} before, for another member.")
    return order


def _events_with(connection: Connection, order: Row[Any], event: OrderEvent) -> list[OrderEvent]:
    """All events of the order, this one included. Raises OrderCompletedBefore."""
    columns = (spend_event.c.type, spend_event.c.amount, spend_event.c.currency, spend_event.c.rate)
    mine = (spend_event.c.source == order.source, spend_event.c.order_id == order.order_id)
    earlier = [OrderEvent(*row) for row in connection.execute(select(*columns).where(*mine))]
    if event.type == COMPLETED and any(each.type == COMPLETED for each in earlier):
        raise OrderCompletedBefore(
            f"{order.source} sent before, in another event, that {order.order_id} was completed."
        )
    return [*earlier, event]


def _insert(
    connection: Connection, event_id: UUID, order: Row[Any], event: OrderEvent, *, counts: Decimal, spent: Decimal
) -> None:
    """Write the event, with the member's spend after it, and what the order counts now."""
    mine = (spend_order.c.source == order.source, spend_order.c.order_id == order.order_id)
    connection.execute(update(spend_order).where(*mine).values(counts=counts, updated_at=func.now()))
    row = {"event_id": event_id, "source": order.source, "order_id": order.order_id, "spent_after": spent}
    connection.execute(insert(spend_event).values({**row, **asdict(event)}))


def _apply(
    connection: Connection, member_id: str, before: Decimal, spent: Decimal, *, cause: Cause, context: Context
) -> tuple[Iterable[Stage], Iterable[Stage]]:
    """Add a ground for each stage that was reached, and open a review of each that the member fell below. Returns both."""
    policy = context.policy
    rows = connection.execute(
        select(ground.c.stage, ground.c.superseded_by).where(ground.c.member_id == member_id, ground.c.kind == "spend")
    ).all()
    standing = {row.stage for row in rows if row.superseded_by is None}
    stages = crossed(before, spent, standing=standing, ever={row.stage for row in rows}, policy=policy)
    for rung in stages.reached:
        add_ground(connection, member_id, rung.stage, "spend", cause=cause, policy=policy)
    _close_reviews(connection, member_id, spend_review.c.needed <= spent, state="recovered", by=cause.actor)
    below = stages.below if policy.spend.refunds_below == "review" else ()
    for rung in below:
        _open_review(connection, member_id, rung, cause=cause, policy_version=policy.version)
    return stages.reached, below


def _open_review(connection: Connection, member_id: str, rung: Stage, *, cause: Cause, policy_version: str) -> None:
    """Ask a person about a stage whose amount is no longer reached; at most one review of it is open."""
    row = {
        "id": new_id(),
        "member_id": member_id,
        "stage": rung.stage,
        "needed": rung.spend,
        "cause_id": cause.id,
        "policy_version": policy_version,
    }
    connection.execute(insert(spend_review).values(row).on_conflict_do_nothing())


def _close_reviews(connection: Connection, member_id: str, which: ColumnElement[bool], *, state: str, by: str) -> None:
    closed = {"state": state, "settled_at": func.clock_timestamp(), "settled_by": by}
    mine = (spend_review.c.member_id == member_id, spend_review.c.state == "open")
    connection.execute(update(spend_review).where(*mine, which).values(closed))
