from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from pipeline.kernel.storage import NO_STORE
from pipeline.review.cases.images import Purpose, beside, page_of
from web.api.dependencies import Tools
from web.console.forms import Reviewing

router = APIRouter()

_HEADERS: Final = {"Cache-Control": NO_STORE, "Content-Disposition": "inline"}


@router.get("/cases/{claim_id}/pages/{material_id}/{page}/{purpose}")
def get_page(
    claim_id: UUID, material_id: UUID, page: int, purpose: Purpose, tools: Tools, person: Reviewing
) -> Response:
    """One page of the case."""
    body = page_of(
        claim_id,
        material_id,
        page=page,
        purpose=purpose,
        reviewer_id=person.reviewer_id,
        context=tools.review,
    )
    return picture(body)


@router.get("/cases/{claim_id}/beside/{submission_id}")
def get_beside(claim_id: UUID, submission_id: UUID, tools: Tools, person: Reviewing) -> Response:
    """Another submission's picture, to compare."""
    body = beside(claim_id, submission_id, reviewer_id=person.reviewer_id, context=tools.review)
    return picture(body)


def picture(body: bytes) -> Response:
    """The answer with one picture, which no browser caches."""
    return Response(body, media_type="image/jpeg", headers=_HEADERS)
