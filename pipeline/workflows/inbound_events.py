from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection

from pipeline.account.points import earn
from pipeline.events import inbound
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, Problem
from pipeline.kernel.idempotency import earlier_answer, remember
from pipeline.membership.rules.spend import TYPES
from pipeline.membership.spend import count_order
from pipeline.policy import Policy
from pipeline.submission.context import Context
from pipeline.submission.presence import require_present
from schemas.incoming import EventReceipt, EventRequest
from schemas.points import EarningRequest

log = structlog.get_logger()


def receive(event: EventRequest, *, context: Context) -> EventReceipt:
    """Count an event once for its source and id, in any order of arrival. Duplicates return the first receipt.

    Raises Invalid, EventReused, AnothersOrder, OrderCompletedBefore, SourceUsed, IdempotencyKeyReused, MemberErased.
    """
    _require_known(event, context.policy)
    _require_happened(event, clock.now(), context.policy)
    with context.db.begin() as connection:
        if (earlier := earlier_answer(connection, context.request)) is not None:
            return EventReceipt.model_validate(earlier)
        require_present(connection, event.member_id)
        version = context.policy.version
        kept = inbound.receive(connection, event, sender=context.actor, trace=context.trace, policy_version=version)
        receipt = kept.receipt or _count(connection, kept.event_id, event, context)
        remember(connection, context.request, receipt)
    log.info("event.received", event_id=str(kept.event_id), type=event.type, again=kept.receipt is not None)
    return EventReceipt.model_validate(receipt)


def _require_known(event: EventRequest, policy: Policy) -> None:
    known = (*TYPES, *policy.points.earn)
    if event.type not in known:
        raise Invalid([Problem("type", "unknown_type", f"Use one of {', '.join(known)}.")])
    if event.type not in TYPES and event.order is not None:
        raise Invalid([Problem("order", "unknown_field", f"{event.type} is about no order. Remove the field.")])


def _require_happened(event: EventRequest, now: datetime, policy: Policy) -> None:
    minutes = policy.events.ahead_minutes
    if event.occurred_at > now + timedelta(minutes=minutes):
        message = f"This is more than {minutes} minutes from now. Report an event once it has happened."
        raise Invalid([Problem("occurred_at", "in_the_future", message)])


def _count(connection: Connection, event_id: UUID, event: EventRequest, context: Context) -> dict[str, Any]:
    """Count the event as spend or points, and keep its receipt."""
    counted: dict[str, Any] = {}
    if event.type in TYPES:
        counted["spend"] = count_order(connection, event_id, event, context=context)
    else:
        request = EarningRequest(event=event.type, source=event.source, source_id=event.id)
        counted["points"] = earn(connection, event.member_id, request, context=context)
    fields = event.model_dump(exclude={"order", "contact"})
    receipt = EventReceipt(event_id=event_id, **fields, **counted).model_dump(mode="json")
    inbound.keep_receipt(connection, event_id, receipt)
    return receipt
