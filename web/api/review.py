from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from pipeline.access.staff.accounts import require_right
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from pipeline.kernel.storage import NO_STORE
from pipeline.review.cases.links import picture_at
from pipeline.review.cases.queue_stats import claims_of, queue
from pipeline.review.cases.sealed import confirm, sealed_redactions
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
from schemas.decisions import Decided, DecisionRequest, SealedView
from web.api.dependencies import Key, Reviewer, Tools, request_once


class JpegResponse(Response):
    """A picture."""

    media_type = "image/jpeg"


Language = Annotated[str, Query(pattern=r"^[a-z]{2,8}$")]

router = APIRouter(prefix="/v1/review", tags=["review"])


@router.get("/queue", summary="The review queue at a glance")
def get_queue(
    tools: Tools, _reviewer: Reviewer, language: Annotated[list[Language] | None, Query(max_length=50)] = None
) -> QueueView:
    """For each queue: how many cases wait, are claimed, and are overdue. `language` counts only cases in these languages."""
    return queue(context=tools.review, languages=language or ())


@router.get(
    "/pictures/{token}",
    summary="A picture of a case",
    response_class=JpegResponse,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The picture"}},
)
def get_picture(token: str, tools: Tools) -> JpegResponse:
    """Where the links of a case lead. They need no key, and end with your claim."""
    return JpegResponse(picture_at(token, now=clock.now(), context=tools.review), headers={"Cache-Control": NO_STORE})


@router.get("/claims", summary="The cases that you hold, and those offered to you")
def list_claims(tools: Tools, reviewer: Reviewer) -> HeldClaims:
    """Your claims with their leases, and the cases that colleagues hand over to you."""
    return claims_of(reviewer, context=tools.review)


@router.post(
    "/claims", status_code=201, summary="Claim the next case", responses={204: {"description": "No case waits"}}
)
def create_claim(
    body: ClaimRequest, tools: Tools, reviewer: Reviewer, response: Response, key: Key = None
) -> Case | None:
    """The case that is due soonest. You hold it until the lease ends. `204`: no case waits for you."""
    once = request_once(key, owner=reviewer, operation="claims.create", body=body)
    claim = claim_next(reviewer_id=reviewer, kinds=body.kinds, queues=body.queues, context=tools.review, request=once)
    if claim is None:
        response.status_code = 204
        return None
    response.headers["Location"] = f"/v1/review/claims/{claim.id}"
    return review_case(claim.id, reviewer_id=reviewer, context=tools.review)


@router.get("/claims/{claim_id}", summary="The case that you hold")
def get_claim(claim_id: UUID, tools: Tools, reviewer: Reviewer) -> Case:
    """The case with new links to its pages. Each view is logged."""
    return review_case(claim_id, reviewer_id=reviewer, context=tools.review)


@router.post("/claims/{claim_id}/renew", summary="Renew the lease of a case")
def renew_claim(claim_id: UUID, body: TokenRequest, tools: Tools, reviewer: Reviewer) -> Claim:
    """The lease starts again from now."""
    return renew(claim_id, body.token, reviewer_id=reviewer, context=tools.review)


@router.post("/claims/{claim_id}/release", status_code=204, summary="Release the case")
def release_claim(claim_id: UUID, body: ReleaseRequest, tools: Tools, reviewer: Reviewer) -> None:
    """Another reviewer may claim it. With `skip_reason` you are not offered it again."""
    release(claim_id, body.token, reviewer_id=reviewer, context=tools.review, skip_reason=body.skip_reason)


@router.post("/claims/{claim_id}/decision", summary="Decide the case")
def create_decision(
    claim_id: UUID, body: DecisionRequest, tools: Tools, reviewer: Reviewer, key: Key = None
) -> Decided:
    """Approve, reject, or ask for a better file. Effects start at `effects_at`; null means that another person decides, too."""
    once = request_once(key, owner=reviewer, operation=f"claims.{claim_id}.decide", body=body)
    return decide(claim_id, body, reviewer_id=reviewer, context=tools.review, request=once)


@router.post("/claims/{claim_id}/escalate", status_code=204, summary="Escalate the case to the seniors")
def escalate_claim(claim_id: UUID, body: EscalateRequest, tools: Tools, reviewer: Reviewer, key: Key = None) -> None:
    """The case waits in the seniors' queue with your note. You are not offered it again."""
    once = request_once(key, owner=reviewer, operation=f"claims.{claim_id}.escalate", body=body)
    escalate(claim_id, body, reviewer_id=reviewer, context=tools.review, request=once)


@router.get("/claims/{claim_id}/colleagues", summary="List the colleagues who may take the case over")
def list_colleagues(claim_id: UUID, tools: Tools, reviewer: Reviewer) -> list[Colleague]:
    """Reviewers who have the role for the case and may see it."""
    return list(colleagues(claim_id, reviewer_id=reviewer, context=tools.review))


@router.post("/claims/{claim_id}/hand-over", summary="Hand the case over to a colleague")
def hand_claim_over(
    claim_id: UUID, body: HandOverRequest, tools: Tools, reviewer: Reviewer, key: Key = None
) -> HandedOver:
    """Only they can take it until `until`. After that it is in the queue again."""
    once = request_once(key, owner=reviewer, operation=f"claims.{claim_id}.hand-over", body=body)
    return hand_over(claim_id, body, reviewer_id=reviewer, context=tools.review, request=once)


@router.post("/claims/{claim_id}/take-up", summary="Take a case that a colleague hands over")
def take_claim_up(claim_id: UUID, tools: Tools, reviewer: Reviewer) -> Claim:
    """You hold it from now on, as after a claim. To decline it, release it."""
    return take_up(claim_id, reviewer_id=reviewer, context=tools.review)


@router.get("/redactions", summary="List the redactions whose originals are sealed")
def list_redactions(tools: Tools, reviewer: Reviewer) -> list[SealedView]:
    """For seniors. The originals are destroyed when a second person agrees, or the decision is final; a lead may put them back."""
    require_right(reviewer, Right.SECOND, db=tools.db)
    return list(sealed_redactions(db=tools.db))


@router.post("/redactions/{redaction_id}/confirm", status_code=204, summary="Agree with a redaction")
def confirm_redaction(redaction_id: UUID, tools: Tools, reviewer: Reviewer) -> None:
    """For seniors, but not for whoever covered the page. The originals are destroyed."""
    require_right(reviewer, Right.SECOND, db=tools.db)
    confirm(redaction_id, reviewer_id=reviewer, db=tools.db)


@router.post("/decisions/{decision_id}/undo", summary="Take your decision back")
def undo_decision(decision_id: UUID, tools: Tools, reviewer: Reviewer, response: Response, key: Key = None) -> Claim:
    """Possible until `effects_at`; where that is null, until another person has opened the case.

    The case is in review again, and you hold it. The answer is its new claim.
    """
    once = request_once(key, owner=reviewer, operation=f"decisions.{decision_id}.undo")
    claim = undo(decision_id, reviewer_id=reviewer, context=tools.review, request=once)
    response.headers["Location"] = f"/v1/review/claims/{claim.id}"
    return claim
