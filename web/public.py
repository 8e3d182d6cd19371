"""The public bucket for installations without a CDN in front of it: only renditions that we encoded, cached for ever."""

from fastapi import APIRouter, Response

from pipeline.kernel.errors import NotFound
from pipeline.kernel.storage import IMMUTABLE
from web.api.dependencies import Tools

router = APIRouter(tags=["public"])


@router.get("/public/avatars/{submission_id}/{name}.jpg", summary="A published avatar", response_class=Response)
def get_public_avatar(submission_id: str, name: str, tools: Tools) -> Response:
    """The picture, or 404 once it was replaced."""
    body = tools.storage.read(tools.storage.public, f"avatars/{submission_id}/{name}.jpg")
    if body is None:
        raise NotFound("There is no such picture. It may have been replaced.")
    headers = {"Cache-Control": IMMUTABLE, "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type="image/jpeg", headers=headers)
