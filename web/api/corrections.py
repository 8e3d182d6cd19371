from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from pipeline.membership.corrections import correct
from pipeline.membership.spend_reviews import resolve, reviews
from schemas.base import Identifier
from schemas.corrections import (
    ReviewState,
    SettlementRequest,
    SpendReview,
    SpendReviews,
    StageCorrection,
    StageCorrectionRequest,
)
from web.api.dependencies import Admin, Correlation, Lead, RequiredKey, Tools, request_once, required_key
from web.api.reads import RECORDED

router = APIRouter(prefix="/v1", tags=["membership"])


@router.post(
    "/members/{member_id}/membership/corrections", status_code=201, summary="Correct a stage: give it, or take it away"
)
def create_correction(
    member_id: Identifier,
    body: StageCorrectionRequest,
    tools: Tools,
    lead: Lead,
    trace: Correlation,
    key: RequiredKey = None,
) -> StageCorrection:
    """For a lead, with a key of their own. Makes a new decision that supersedes an old one. Level and benefits follow, with an event and a mail."""
    operation = f"membership.{member_id}.correct"
    once = request_once(required_key(key), owner=lead, operation=operation, body=body)
    return correct(member_id, body, context=tools.context(actor=lead, trace=trace, request=once))


@router.get("/membership/spend-reviews", dependencies=[RECORDED], summary="List spend reviews")
def list_reviews(
    tools: Tools,
    _caller: Admin,
    state: ReviewState | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SpendReviews:
    """A spend review is opened when refunds bring a member below the amount of a stage. The earliest comes first."""
    currency = tools.policy.spend.base_currency
    return reviews(state=state, cursor=cursor, limit=limit, currency=currency, db=tools.db)


@router.post(
    "/membership/spend-reviews/{review_id}/settlement",
    summary="Resolve a spend review: keep the stage, or take it away",
)
def create_settlement(
    review_id: UUID, body: SettlementRequest, tools: Tools, lead: Lead, trace: Correlation, key: RequiredKey = None
) -> SpendReview:
    """For a lead, with a key of their own. A review is resolved once. Taking the stage away is a correction, with an event and a mail.

    A stage that the member also has by verification stays.
    """
    operation = f"spend_review.{review_id}.settle"
    once = request_once(required_key(key), owner=lead, operation=operation, body=body)
    return resolve(review_id, body, context=tools.context(actor=lead, trace=trace, request=once))
