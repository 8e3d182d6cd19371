from fastapi import APIRouter

from pipeline.workflows.erasure.begin import Asked, erase
from pipeline.workflows.erasure.holds import end_hold, hold_of, place_hold
from pipeline.workflows.erasure.progress import erasure_of
from schemas.base import Identifier
from schemas.erasure import ErasureView, HoldRequest, HoldView
from web.api.dependencies import Admin, Correlation, Submitter, Tools
from web.api.reads import RECORDED

router = APIRouter(prefix="/v1/members/{member_id}", tags=["erasure"])


@router.delete("", status_code=202, summary="Erase a member")
def delete_member(member_id: Identifier, tools: Tools, caller: Submitter, trace: Correlation) -> ErasureView:
    """The member is on no page and in no answer from now on; the rest is gone by `deadline_at`. A repeated request changes nothing.

    Until it has finished, submissions and events for this id are refused: `409` `member_erased`. Afterwards the id is a new member's.
    """
    asked = Asked(actor=caller.name, trace=trace)
    erase(member_id, asked=asked, db=tools.db, storage=tools.storage, policy=tools.policy)
    return erasure_of(member_id, reach=caller.reach, db=tools.db)


@router.get("/erasure", summary="How far a member's erasure is")
def get_erasure(member_id: Identifier, tools: Tools, caller: Submitter) -> ErasureView:
    """The latest erasure of this id, with its signed receipt once it has finished."""
    return erasure_of(member_id, reach=caller.reach, db=tools.db)


@router.put("/hold", summary="Place a legal hold on a member")
def put_hold(member_id: Identifier, body: HoldRequest, tools: Tools, caller: Admin, trace: Correlation) -> HoldView:
    """Until then nothing of the member is swept or erased. An erasure hides the member all the same, and goes on afterwards."""
    return place_hold(member_id, body, asked=Asked(actor=caller.name, trace=trace), db=tools.db)


@router.get("/hold", dependencies=[RECORDED], summary="The legal hold on a member")
def get_hold(member_id: Identifier, tools: Tools, _caller: Admin) -> HoldView:
    """Its reason, its end, and who placed it."""
    return hold_of(member_id, db=tools.db)


@router.delete("/hold", status_code=204, summary="End a legal hold")
def delete_hold(member_id: Identifier, tools: Tools, caller: Admin, trace: Correlation) -> None:
    """An erasure that waited for it goes on."""
    end_hold(member_id, asked=Asked(actor=caller.name, trace=trace), db=tools.db)
