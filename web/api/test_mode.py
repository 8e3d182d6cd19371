from datetime import timedelta

from fastapi import APIRouter

from pipeline.workflows.test_mode.clock import forward
from pipeline.workflows.test_mode.mails import held_mails
from schemas.base import Identifier
from schemas.test_mode import ClockForward, ClockMoved, HeldMails
from web.api.dependencies import Key, Submitter, Tools, request_once
from web.api.reads import RECORDED

router = APIRouter(
    prefix="/v1/test", tags=["test keys"], responses={409: {"description": "The key is no test key: `not_a_test_key`"}}
)


@router.post("/clock", summary="Move the clock of a test key")
def post_clock(body: ClockForward, tools: Tools, caller: Submitter, key: Key = None) -> ClockMoved:
    """Brings due times, warnings and the ends of codes nearer, for open submissions of the test key's service alone.

    What is due then happens within a minute: `submission.due_soon`, `submission.overdue`, `submission.expired`.
    """
    once = request_once(key, owner=caller.owner, operation="test.clock", body=body)
    by = timedelta(seconds=body.forward_seconds)
    return forward(by, service=caller.sends_as, actor=caller.name, db=tools.db, request=once)


@router.get("/mails", dependencies=[RECORDED], summary="List the mails of a test key")
def get_mails(tools: Tools, caller: Submitter, member_id: Identifier | None = None) -> HeldMails:
    """The mails that its members would have got. They are frozen as ever, and handed to nobody."""
    return held_mails(service=caller.sends_as, member_id=member_id, db=tools.db)
