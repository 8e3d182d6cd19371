"""Where other services tell what happened: orders, and what earns points."""

from fastapi import APIRouter

from pipeline.workflows.inbound_events import receive
from schemas.incoming import EventReceipt, EventRequest
from web.api.dependencies import Correlation, Key, Submitter, Tools, request_once

router = APIRouter(prefix="/v1", tags=["events"])


@router.post("/events", status_code=201, summary="Tell that something happened in your service")
def create_event(
    body: EventRequest, tools: Tools, caller: Submitter, trace: Correlation, key: Key = None
) -> EventReceipt:
    """Once for each `source` and `id`, in any order: told again, it gives the first receipt, with another body `event_reused`."""
    once = request_once(key, owner=str(caller.key_id), operation="events.tell", body=body)
    return receive(body, context=tools.context(actor=caller.name, trace=trace, request=once))
