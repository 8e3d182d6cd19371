import re
from typing import Final

from fastapi import APIRouter, Response

from pipeline.avatar.service import avatar_of
from pipeline.avatar.take_down import take_down
from pipeline.kernel.errors import NotFound
from pipeline.kernel.storage import PICTURE, Storage
from schemas.base import Identifier
from schemas.members import AvatarView
from web.api.dependencies import Correlation, Submitter, SubmitterOrThisMember, Tools
from web.api.reads import RECORDED

router = APIRouter()

_FOLDER: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME: Final = re.compile(r"[0-9a-f]{64}(-[0-9a-f]{32})?")
"""A digest, and the try that published it; earlier versions published under the digest alone."""


@router.get(
    "/v1/members/{member_id}/avatar", dependencies=[RECORDED], tags=["upstream"], summary="A member's public avatar"
)
def get_avatar(member_id: Identifier, tools: Tools, _caller: SubmitterOrThisMember) -> AvatarView:
    """The URLs of the approved avatar; null where there is none."""
    return avatar_of(member_id, db=tools.db, public_url=tools.settings.public_base)


@router.delete(
    "/v1/members/{member_id}/avatar", status_code=204, tags=["upstream"], summary="Take a member's public avatar down"
)
def delete_avatar(member_id: Identifier, tools: Tools, caller: Submitter, trace: Correlation) -> None:
    """Its files are deleted at once, and a CDN is told. One that has none is fine. What the member sends later is published."""
    take_down(member_id, actor=caller.name, trace=trace, db=tools.db, storage=tools.storage)


@router.get(
    "/public/avatars/{submission_id}/{name}.jpg",
    tags=["public"],
    summary="A published avatar",
    response_class=Response,
)
def get_public_avatar(submission_id: str, name: str, tools: Tools) -> Response:
    """The picture. `404` once it was replaced or taken down; caches ask again within the hour."""
    body = _published(submission_id, name, tools.storage)
    if body is None:
        raise NotFound("There is no such picture. It may have been replaced.")
    headers = {"Cache-Control": PICTURE, "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type="image/jpeg", headers=headers)


def _published(submission_id: str, name: str, storage: Storage) -> bytes | None:
    """The picture of that name; None where there is none. What is no name of ours is not asked for: strangers write these."""
    if not (_FOLDER.fullmatch(submission_id) and _NAME.fullmatch(name)):
        return None
    return storage.read(storage.public, f"avatars/{submission_id}/{name}.jpg")
