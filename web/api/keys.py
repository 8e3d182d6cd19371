from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Response

from pipeline.access.api_keys import list_keys, revoke_key
from pipeline.access.key_rotation import Rotator, rotate_key
from schemas.keys import KeyRotation, KeyView, RotatedKey
from web.api.dependencies import Admin, Tools

router = APIRouter(prefix="/v1/keys", tags=["keys"])


@router.get("", summary="List keys")
def get_keys(tools: Tools, _caller: Admin) -> list[KeyView]:
    """Every key without its secret, also expired and revoked ones. Keys are made by `proofdesk key create` and at the console."""
    return [KeyView.model_validate(row, from_attributes=True) for row in list_keys(db=tools.db)]


@router.post("/{key_id}/rotate", status_code=201, summary="Rotate a key")
def post_rotation(key_id: UUID, body: KeyRotation, tools: Tools, caller: Admin, response: Response) -> RotatedKey:
    """A new key for the same service. The present one is valid until the overlap ends. `409` `key_rotated`: it has a successor.

    A key that speaks for a reviewer is rotated by that person at the console.
    """
    response.headers["Cache-Control"] = "no-store"
    overlap = None if body.overlap_hours is None else timedelta(hours=body.overlap_hours)
    by = Rotator(caller.name, caller.scopes)
    made = rotate_key(key_id, overlap=overlap, by=by, rules=tools.policy.api_keys, db=tools.db)
    return RotatedKey.model_validate(made, from_attributes=True)


@router.delete("/{key_id}", status_code=204, summary="Revoke a key")
def delete_key(key_id: UUID, tools: Tools, caller: Admin) -> None:
    """It is refused from now on, and so are the members' sessions that it made."""
    revoke_key(key_id, actor=caller.name, db=tools.db)
