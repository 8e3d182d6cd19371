"""Orders, corrections and refunds as a test speaks of them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from pipeline.kernel.idempotency import Once
from pipeline.membership.corrections import correct
from pipeline.membership.spend_reviews import resolve, reviews
from pipeline.submission.context import Context
from pipeline.workflows.inbound_events import receive
from schemas.corrections import SettlementRequest, SpendReview, StageCorrection, StageCorrectionRequest
from schemas.incoming import EventReceipt, EventRequest
from tests.support.desk import Desk

TRUSTED = Decimal(20_000)
PREMIER = Decimal(100_000)
"""What the shipped policy asks for."""

THEN = "2026-03-02T10:00:00Z"


def told(kind: str, event_id: str, *, member_id: str = "m-1", at: str = THEN, **order: Any) -> dict[str, Any]:
    """An event of the shop as it tells it; without an order's words it is about none."""
    body = {"type": kind, "source": "shop", "id": event_id, "member_id": member_id, "occurred_at": at}
    return {**body, "order": order} if order else body


def completed(order: str = "o-1", amount: object = "100.00", *, currency: str = "EUR", **more: Any) -> dict[str, Any]:
    said = {"event_id": f"{order}.completed", **more}
    return told("order.completed", **said, id=order, amount=amount, currency=currency)


def refunded(order: str = "o-1", amount: object = "100.00", *, currency: str = "EUR", **more: Any) -> dict[str, Any]:
    said = {"event_id": f"{order}.refunded", **more}
    return told("order.refunded", **said, id=order, amount=amount, currency=currency)


def cancelled(order: str = "o-1", **more: Any) -> dict[str, Any]:
    return told("order.cancelled", **{"event_id": f"{order}.cancelled", **more}, id=order)


class Spending:
    """Verbs over the real use cases, for the member m-1 unless another is named."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def receive(self, body: dict[str, Any], *, request: Once | None = None) -> EventReceipt:
        context = self.desk.tools.context(actor="shop", trace="trace-1", request=request)
        return receive(EventRequest.model_validate(body), context=context)

    def complete(self, order: str = "o-1", amount: object = TRUSTED, **more: Any) -> EventReceipt:
        return self.receive(completed(order, amount, **more))

    def refund(self, order: str = "o-1", amount: object = TRUSTED, **more: Any) -> EventReceipt:
        return self.receive(refunded(order, amount, **more))

    def cancel(self, order: str = "o-1", **more: Any) -> EventReceipt:
        return self.receive(cancelled(order, **more))

    def correct(self, stage: str = "trusted", *, unlocked: bool = False, **more: Any) -> StageCorrection:
        said = {"stage": stage, "unlocked": unlocked, "because": "mistake", "reason": "Looked at again", **more}
        return correct("m-1", StageCorrectionRequest.model_validate(said), context=self.context)

    def resolve(self, review_id: UUID, verdict: str) -> SpendReview:
        request = SettlementRequest.model_validate({"verdict": verdict, "reason": "Looked at"})
        return resolve(review_id, request, context=self.context)

    @property
    def context(self) -> Context:
        return self.desk.tools.context(actor="lead", trace="trace-2")

    @property
    def reviews(self) -> Sequence[SpendReview]:
        return reviews(state=None, cursor=None, limit=200, currency="EUR", db=self.desk.tools.db).items

    @property
    def spent(self) -> Decimal:
        return self.desk.membership().spent.amount

    @property
    def level(self) -> str:
        return self.desk.membership().level

    @property
    def steps(self) -> list[tuple[str, str, str]]:
        return [(each.from_level, each.to_level, each.because) for each in self.desk.membership().history]
