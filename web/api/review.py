"""The reviewers' routes: claim, look, renew, release, decide, pass on, undo."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from pipeline.review.cases.queue_stats import claims_of, queue
from pipeline.review.claims.escalation import escalate
from pipeline.review.claims.handover import colleagues, hand_over, take_up
from pipeline.review.claims.lease import renew
from pipeline.review.claims.service import claim_next, release
from pipeline.review.decisions.decide import decide
from pipeline.review.decisions.undo import undo
from pipeline.workflows.review_case import review_case
from schemas.cases import Case
from schemas.claims import (
    Claim,
    ClaimRequest,
    Colleague,
    EscalateRequest,
    HandedOver,
    HandOverRequest,
    HeldClaims,
    QueueView,
    ReleaseRequest,
    TokenRequest,
)
from schemas.decisions import Decided, DecisionRequest
from web.api.dependencies import Key, Reviewer, Tools, request_once

Language = Annotated[str, Query(pattern=r"^[a-z]{2,8}$")]

router = APIRouter(prefix="/v1/review", tags=["review"])


@router.get("/queue", summary="The review queue at a glance")
def get_queue(
    tools: Tools, _reviewer: Reviewer, language: Annotated[list[Language] | None, Query(max_length=50)] = None
) -> QueueView:
    """How many cases wait, are claimed and are overdue, by queue; with `language`, of those languages only."""
    return queue(context=tools.review, languages=language or ())


@router.get("/claims", summary="What you hold and are offered")
def list_claims(tools: Tools, reviewer: Reviewer) -> HeldClaims:
    """Your claims with their leases, and the cases that colleagues offer you."""
    return claims_of(reviewer, context=tools.review)


@router.post(
    "/claims", status_code=201, summary="Claim the next case", responses={204: {"description": "Nothing waits"}}
)
def create_claim(
    body: ClaimRequest, tools: Tools, reviewer: Reviewer, response: Response, key: Key = None
) -> Case | None:
    """The case that is due soonest, yours until the lease runs out; `204` when nothing waits for you."""
    once = request_once(key, owner=reviewer, operation="claims.create", body=body)
    claim = claim_next(reviewer_id=reviewer, kinds=body.kinds, queues=body.queues, context=tools.review, request=once)
    if claim is None:
        response.status_code = 204
        return None
    response.headers["Location"] = f"/v1/review/claims/{claim.id}"
    return review_case(claim.id, reviewer_id=reviewer, context=tools.review)


@router.get("/claims/{claim_id}", summary="The case that you hold")
def get_claim(claim_id: UUID, tools: Tools, reviewer: Reviewer) -> Case:
    """The case again, with fresh links to its pages. Each look is logged."""
    return review_case(claim_id, reviewer_id=reviewer, context=tools.review)


@router.post("/claims/{claim_id}/renew", summary="Keep the case longer")
def renew_claim(claim_id: UUID, body: TokenRequest, tools: Tools, reviewer: Reviewer) -> Claim:
    """The lease begins anew."""
    return renew(claim_id, body.token, reviewer_id=reviewer, context=tools.review)


@router.post("/claims/{claim_id}/release", status_code=204, summary="Give the case back")
def release_claim(claim_id: UUID, body: ReleaseRequest, tools: Tools, reviewer: Reviewer) -> None:
    """The next reviewer may have it; with `skip_reason` you are not offered it again."""
    release(claim_id, body.token, reviewer_id=reviewer, context=tools.review, skip_reason=body.skip_reason)


@router.post("/claims/{claim_id}/decision", summary="Decide the case")
def create_decision(
    claim_id: UUID, body: DecisionRequest, tools: Tools, reviewer: Reviewer, key: Key = None
) -> Decided:
    """Approve, reject, or ask for a better file. Effects leave at `effects_at`; where that is null, another person decides."""
    once = request_once(key, owner=reviewer, operation=f"claims.{claim_id}.decide", body=body)
    return decide(claim_id, body, reviewer_id=reviewer, context=tools.review, request=once)


@router.post("/claims/{claim_id}/escalate", status_code=204, summary="Pass the case on to the seniors")
def escalate_claim(claim_id: UUID, body: EscalateRequest, tools: Tools, reviewer: Reviewer, key: Key = None) -> None:
    """It waits in the seniors' queue, with your note; you are not offered it again."""
    once = request_once(key, owner=reviewer, operation=f"claims.{claim_id}.escalate", body=body)
    escalate(claim_id, body, reviewer_id=reviewer, context=tools.review, request=once)


@router.get("/claims/{claim_id}/colleagues", summary="To whom the case may be handed")
def list_colleagues(claim_id: UUID, tools: Tools, reviewer: Reviewer) -> list[Colleague]:
    """Who has the role for it and may see it."""
    return list(colleagues(claim_id, reviewer_id=reviewer, context=tools.review))


@router.post("/claims/{claim_id}/hand-over", summary="Offer the case to a colleague")
def hand_claim_over(
    claim_id: UUID, body: HandOverRequest, tools: Tools, reviewer: Reviewer, key: Key = None
) -> HandedOver:
    """Theirs alone until `until`; what they do not take up by then is the queue's again."""
    once = request_once(key, owner=reviewer, operation=f"claims.{claim_id}.hand-over", body=body)
    return hand_over(claim_id, body, reviewer_id=reviewer, context=tools.review, request=once)


@router.post("/claims/{claim_id}/take-up", summary="Accept what a colleague offers")
def take_claim_up(claim_id: UUID, tools: Tools, reviewer: Reviewer) -> Claim:
    """Yours from now on, as if you had claimed it. To decline it, release it."""
    return take_up(claim_id, reviewer_id=reviewer, context=tools.review)


@router.post("/decisions/{decision_id}/undo", summary="Take your decision back")
def undo_decision(decision_id: UUID, tools: Tools, reviewer: Reviewer, response: Response, key: Key = None) -> Claim:
    """Until `effects_at`, and nothing of it has left then; where that was null, until somebody else has begun to look.

    The case is in review again and yours: this is its new claim.
    """
    once = request_once(key, owner=reviewer, operation=f"decisions.{decision_id}.undo")
    claim = undo(decision_id, reviewer_id=reviewer, context=tools.review, request=once)
    response.headers["Location"] = f"/v1/review/claims/{claim.id}"
    return claim
