from typing import Annotated

from fastapi import APIRouter, Query, Response

from pipeline.account.points import correct, penalise, redeem
from pipeline.account.statement import balance_of, entries_of
from schemas.base import Identifier
from schemas.points import (
    CorrectionRequest,
    EntryType,
    PenaltyRequest,
    PointsBalance,
    PointsEntry,
    PointsPage,
    RedemptionRequest,
)
from web.api.dependencies import (
    Correlation,
    Key,
    Lead,
    RequiredKey,
    Reviewer,
    Submitter,
    SubmitterOrThisMember,
    Tools,
    request_once,
    required_key,
)
from web.api.reads import RECORDED

router = APIRouter(prefix="/v1", tags=["points"])


@router.get("/members/{member_id}/points", dependencies=[RECORDED], summary="A member's points")
def get_points(member_id: Identifier, tools: Tools, _caller: SubmitterOrThisMember) -> PointsBalance:
    """The balance; 0 for a member without entries."""
    return balance_of(member_id, db=tools.db)


@router.get(
    "/members/{member_id}/points/entries", dependencies=[RECORDED], summary="List a member's points, the latest first"
)
def list_entries(
    member_id: Identifier,
    tools: Tools,
    _caller: SubmitterOrThisMember,
    type: EntryType | None = None,  # noqa: A002  (the parameter's name in the address)
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PointsPage:
    """Filter by type; page with `next_cursor`. Each entry has its cause."""
    return entries_of(member_id, kind=type, cursor=cursor, limit=limit, db=tools.db)


@router.post("/members/{member_id}/points/redemptions", status_code=201, summary="Redeem points for an item")
def create_redemption(
    member_id: Identifier,
    body: RedemptionRequest,
    tools: Tools,
    caller: Submitter,
    trace: Correlation,
    response: Response,
    key: RequiredKey = None,
) -> PointsEntry:
    """`409` `insufficient_points` if the balance does not cover the item. A redemption never makes the balance negative."""
    once = request_once(required_key(key), owner=caller.owner, operation=f"points.{member_id}.redeem", body=body)
    return _located(
        response, redeem(member_id, body, context=tools.context(actor=caller.name, trace=trace, request=once))
    )


@router.post("/members/{member_id}/points/corrections", status_code=201, summary="Correct a balance")
def create_correction(
    member_id: Identifier,
    body: CorrectionRequest,
    tools: Tools,
    lead: Lead,
    trace: Correlation,
    response: Response,
    key: RequiredKey = None,
) -> PointsEntry:
    """For a lead, with a key of their own. The balance may become negative; the entry is then `overdrawn`."""
    once = request_once(required_key(key), owner=lead, operation=f"points.{member_id}.correct", body=body)
    return _located(response, correct(member_id, body, context=tools.context(actor=lead, trace=trace, request=once)))


@router.post(
    "/review/points/penalties",
    status_code=201,
    summary="Take points away for forged material",
    responses={404: {"description": "There is no decision on that submission"}},
)
def create_penalty(
    body: PenaltyRequest, tools: Tools, reviewer: Reviewer, trace: Correlation, response: Response, key: Key = None
) -> PointsEntry:
    """For the reviewer who rejected the submission for it, once. The balance may become negative; the entry is then `overdrawn`."""
    once = request_once(key, owner=reviewer, operation="points.penalise", body=body)
    context = tools.context(actor=reviewer, trace=trace, request=once)
    return _located(response, penalise(body, reviewer_id=reviewer, context=context))


def _located(response: Response, entry: PointsEntry) -> PointsEntry:
    response.headers["Location"] = f"/v1/members/{entry.member_id}/points/entries"
    return entry
