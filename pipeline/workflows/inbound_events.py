"""The door for events of other services: orders count as spend, what the policy names earns points. Each counts once, for ever."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection

from pipeline.account.points import Book, earn
from pipeline.events.inbound import keep_receipt, receive
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Invalid, Problem
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.membership.rules.spend import TYPES
from pipeline.membership.spend import count_order
from pipeline.policy import Policy
from pipeline.submission.mail_contract import NotifyMember
from schemas.incoming import EventReceipt, EventRequest
from schemas.points import EarningRequest

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Hearing:
    """Where events are heard: told by whom, under which correlation id, by which policy, and for which request, if it has a key."""

    db: Database
    policy: Policy
    notify_member: NotifyMember
    teller: str
    trace: str
    request: Once | None = None


def hear(told: EventRequest, *, hearing: Hearing) -> EventReceipt:
    """Count an event, once for its source and id, whatever came before it. Told again, it gives the first receipt.

    Raises Invalid, EventReused, AnothersOrder, OrderCompletedBefore, SourceUsed, IdempotencyKeyReused.
    """
    _require_known(told, hearing.policy)
    with hearing.db.begin() as connection:
        if (earlier := earlier_answer(connection, hearing.request)) is not None:
            return EventReceipt.model_validate(earlier)
        event = receive(
            connection, told, sender=hearing.teller, trace=hearing.trace, policy_version=hearing.policy.version
        )
        receipt = event.receipt or _count(connection, event.event_id, told, hearing)
        remember(connection, hearing.request, receipt)
    log.info("event.heard", event_id=str(event.event_id), type=told.type, again=event.receipt is not None)
    return EventReceipt.model_validate(receipt)


def _require_known(told: EventRequest, policy: Policy) -> None:
    known = (*TYPES, *policy.points.earn)
    if told.type not in known:
        raise Invalid([Problem("type", "unknown_type", f"Use one of {', '.join(known)}.")])
    if told.type not in TYPES and told.order is not None:
        raise Invalid([Problem("order", "unknown_field", f"{told.type} is about no order. Remove the field.")])


def _count(connection: Connection, event_id: UUID, told: EventRequest, hearing: Hearing) -> dict[str, Any]:
    """What the event came to, by its kind, kept as its receipt."""
    came_to: dict[str, Any] = {}
    if told.type in TYPES:
        came_to["spend"] = count_order(
            connection, event_id, told, trace=hearing.trace, policy=hearing.policy, notify_member=hearing.notify_member
        )
    else:
        request = EarningRequest(event=told.type, source=told.source, source_id=told.id)
        book = Book(hearing.db, hearing.policy, hearing.notify_member, hearing.teller, hearing.trace)
        came_to["points"] = earn(connection, told.member_id, request, book=book)
    said = told.model_dump(exclude={"order"})
    receipt = EventReceipt(event_id=event_id, **said, **came_to).model_dump(mode="json")
    keep_receipt(connection, event_id, receipt)
    return receipt
