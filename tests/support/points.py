"""The points ledger as a test speaks of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from config.container import Container
from pipeline.account.points import correct, penalise, redeem
from pipeline.account.statement import balance_of, entries_of
from pipeline.kernel.database import Database
from pipeline.kernel.idempotency import once
from pipeline.submission.context import Context
from pipeline.workflows.inbound_events import receive
from schemas.incoming import EventRequest
from schemas.points import (
    CorrectionRequest,
    EntryType,
    PenaltyRequest,
    PointsBalance,
    PointsEntry,
    RedemptionRequest,
)
from tests.support.desk import Desk
from tests.support.servers import variant

THEN = "2026-03-02T10:00:00Z"


class Points:
    """Verbs over the real ledger, for the member m-1 unless another is named."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def context(self, key: str | None = None, body: object = None) -> Context:
        request = once(owner="test", key=key, operation="points", sent=body) if key else None
        return self.desk.tools.context(actor="test", trace="trace-1", request=request)

    def earn(self, source_id: str = "q-1", *, event: str = "rfq_quoted", member_id: str = "m-1") -> PointsEntry:
        said = {"type": event, "source": "rfq", "id": source_id, "member_id": member_id, "occurred_at": THEN}
        entry = receive(EventRequest.model_validate(said), context=self.context()).points
        assert entry is not None
        return entry

    def redeem(self, item: str = "rfq_quotation_right", quantity: int = 1, *, key: str | None = None) -> PointsEntry:
        request = RedemptionRequest(item=item, quantity=quantity)
        return redeem("m-1", request, context=self.context(key, [item, quantity]))

    def correct(self, points: int, **more: Any) -> PointsEntry:
        return correct("m-1", CorrectionRequest(points=points, reason="A mistake", **more), context=self.context())

    def penalise(self, submission_id: UUID, *, reviewer: str = "r-1", **more: Any) -> PointsEntry:
        said = {"penalty": "forged_material", "reason": "Pasted figures", **more}
        request = PenaltyRequest.model_validate({"submission_id": submission_id, **said})
        return penalise(request, reviewer_id=reviewer, context=self.context())

    def forged(self, *, reasons: tuple[str, ...] = ("not_genuine",), member_id: str = "m-1") -> UUID:
        """A verification that r-1 rejected."""
        submission_id = self.desk.case_waiting(member_id, kind="verification")
        self.desk.reject(reasons=list(reasons))
        return submission_id

    def balance(self, member_id: str = "m-1") -> PointsBalance:
        return balance_of(member_id, db=self.desk.tools.db)

    def entries(self, kind: EntryType | None = None) -> list[PointsEntry]:
        """All of them, the earliest first."""
        page = entries_of("m-1", kind=kind, cursor=None, limit=200, db=self.desk.tools.db)
        return list(reversed(page.items))

    def give(self, points: int) -> PointsEntry:
        return self.correct(points)


def with_database(tools: Container, connections: Engine) -> Container:
    """The same clients, but for the connections to the database."""
    made = variant(tools)
    made.__dict__["db"] = Database(connections, after_commit=lambda _: None)
    return made
