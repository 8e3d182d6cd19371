from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import EmailStr, StringConstraints

from schemas.base import Frozen, Identifier, Line, TimeZone
from schemas.members import Money
from schemas.numbers import Amount, Time
from schemas.points import PointsEntry
from schemas.submissions import Locale

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class OrderTold(Frozen):
    """The order that an event is about: its id in the source, and the money that was paid or given back."""

    id: Identifier
    amount: Amount | None = None
    currency: Currency | None = None


class Contact(Frozen):
    """How the member is written to, as upstream knows it: for members of whom there is no submission."""

    name: Line
    email: EmailStr
    locale: Locale | None = None
    timezone: TimeZone | None = None


class EventRequest(Frozen):
    """Something that happened in another service, once: `source` is that service, `id` its id for the event.

    `contact` is how mails about what follows reach the member; it does not make an event another one.
    `type` is `order.completed`, `order.refunded`, `order.cancelled`, or an event by which the policy lets members earn points.
    """

    type: Identifier
    source: Identifier
    id: Identifier
    member_id: Identifier
    occurred_at: Time
    order: OrderTold | None = None
    contact: Contact | None = None


class SpendCounted(Frozen):
    """What an order's event came to: what the order counts now, all that the member's orders come to, and the stages reached.

    `order_known` is false while only refunds or a cancellation of the order were reported. Amounts are in the base currency.
    """

    order_id: str
    order_known: bool
    order_counts: Money
    spent: Money
    unlocked: tuple[str, ...]
    under_review: tuple[str, ...]


class EventReceipt(Frozen):
    """An event that was counted: `event_id` is our id for it, the cause of what follows. A duplicate returns the same receipt."""

    event_id: UUID
    type: str
    source: str
    id: str
    member_id: str
    occurred_at: datetime
    points: PointsEntry | None = None
    spend: SpendCounted | None = None
