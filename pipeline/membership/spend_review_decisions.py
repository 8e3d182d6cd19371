"""What refunds brought before a person: listed, and settled by them."""

from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, Select, func, select, update

from pipeline.kernel.database import Database
from pipeline.kernel.errors import AlreadyThere, NotFound
from pipeline.kernel.idempotency import earlier_answer, remember
from pipeline.kernel.pagination import cursor_of, id_in
from pipeline.membership.corrections import Correcting, Ruling, record_correction, standing
from pipeline.membership.level import locked_membership
from pipeline.membership.rules.spend import NOTHING
from pipeline.membership.tables import spend_order, spend_review
from pipeline.submission import audit
from schemas.corrections import ReviewState, SettlementRequest, SpendReview, SpendReviews
from schemas.members import Money

log = structlog.get_logger()

_STATES: Final = {"keep": "kept", "take_away": "taken_away"}


def reviews(*, state: ReviewState | None, cursor: str | None, limit: int, currency: str, db: Database) -> SpendReviews:
    """A page of the reviews, the earliest first. Raises Invalid for a cursor that is not ours."""
    query = _shown().order_by(spend_review.c.id).limit(limit + 1)
    if state is not None:
        query = query.where(spend_review.c.state == state)
    if cursor is not None:
        query = query.where(spend_review.c.id > id_in(cursor))
    with db.read() as connection:
        rows = connection.execute(query).all()
    return SpendReviews(
        items=tuple(_view(row, currency) for row in rows[:limit]),
        next_cursor=cursor_of(rows[limit - 1].id) if len(rows) > limit else None,
    )


def settle_review(review_id: UUID, request: SettlementRequest, *, correcting: Correcting) -> SpendReview:
    """Let the member keep the stage, or take away what spend gave them of it. Raises NotFound, AlreadyThere."""
    with correcting.db.begin() as connection:
        if (earlier := earlier_answer(connection, correcting.request)) is not None:
            return SpendReview.model_validate(earlier)
        found = _review(connection, review_id)
        member = locked_membership(connection, found.member_id, correcting.policy)
        _settle(connection, review_id, request, correcting)
        if request.verdict == "take_away":
            ruling = Ruling(found.stage, unlocked=False, because="refund", reason=request.reason)
            held = standing(connection, found.member_id, found.stage)
            wrong = [row for row in held if row.kind == "spend"]
            record_correction(connection, member, ruling, wrong, correcting=correcting)
        settled = _view(_review(connection, review_id), correcting.policy.spend.base_currency)
        remember(connection, correcting.request, settled.model_dump(mode="json"))
    log.info("spend_review.settled", review_id=str(review_id), member_id=found.member_id, verdict=request.verdict)
    return settled


def _settle(connection: Connection, review_id: UUID, request: SettlementRequest, correcting: Correcting) -> None:
    """The state moves once, whoever else settles it or however the member recovers. Raises AlreadyThere."""
    ended = {
        "state": _STATES[request.verdict],
        "settled_at": func.clock_timestamp(),
        "settled_by": correcting.actor,
        "reason": request.reason,
    }
    open_one = (spend_review.c.id == review_id, spend_review.c.state == "open")
    if connection.execute(update(spend_review).where(*open_one).values(ended)).rowcount != 1:
        raise AlreadyThere("This review was settled already, or new orders have settled it. Read it again.")
    detail = {"review_id": str(review_id), "verdict": request.verdict}
    audit.write(
        connection, "spend_review.settled", actor=correcting.actor, correlation_id=correcting.trace, detail=detail
    )


def _shown() -> Select[Any]:
    mine = spend_order.c.member_id == spend_review.c.member_id
    spent = select(func.coalesce(func.sum(spend_order.c.counts), NOTHING)).where(mine).scalar_subquery()
    return select(spend_review, spent.label("spent"))


def _review(connection: Connection, review_id: UUID) -> Row[Any]:
    row = connection.execute(_shown().where(spend_review.c.id == review_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no review {review_id}.")
    return row


def _view(row: Row[Any], currency: str) -> SpendReview:
    return SpendReview(
        id=row.id,
        member_id=row.member_id,
        stage=row.stage,
        state=row.state,
        needed=Money(amount=row.needed, currency=currency),
        spent=Money(amount=row.spent, currency=currency),
        cause=row.cause_id,
        opened_at=row.opened_at,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        reason=row.reason,
    )
