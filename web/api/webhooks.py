from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from pipeline.access.members import require_writable
from pipeline.events.feed import Wanted, events
from pipeline.events.webhooks import endpoints
from pipeline.kernel import clock
from pipeline.kernel.errors import NotFound
from pipeline.ownership.owners import require_source
from pipeline.workflows.inbound_events import receive
from schemas.base import Identifier
from schemas.events import (
    EVENTS,
    EndpointRequest,
    EndpointSecret,
    EndpointView,
    EventPage,
    EventType,
    Replayed,
    ReplayRequest,
)
from schemas.incoming import EventReceipt, EventRequest
from schemas.numbers import Time
from schemas.published import event_schema
from web.api.dependencies import Correlation, Key, SchemaResponse, Submitter, Tools, request_once
from web.api.reads import RECORDED

router = APIRouter(prefix="/v1", tags=["events"])


@router.post("/events", status_code=201, summary="Report an event of your service")
def create_event(
    body: EventRequest, tools: Tools, caller: Submitter, trace: Correlation, key: Key = None
) -> EventReceipt:
    """An event is known by its `source` and `id`; events may come in any order.

    A duplicate returns the first receipt. The same `source` and `id` with another body is `422` `event_reused`.
    """
    require_writable(body.member_id, caller=caller, db=tools.db)
    require_source(body.source, service=caller.sends_as, reach=caller.reach, db=tools.db)
    once = request_once(key, owner=caller.owner, operation="events.tell", body=body)
    return receive(body, context=tools.context(actor=caller.name, trace=trace, request=once))


@router.get("/events", dependencies=[RECORDED], summary="List events, the earliest first")
def list_events(
    tools: Tools,
    caller: Submitter,
    cursor: str | None = None,
    member_id: Identifier | None = None,
    type: Annotated[  # noqa: A002  (the parameter's name in the address)
        list[EventType] | None, Query(max_length=len(EVENTS), description="May be repeated")
    ] = None,
    since: Time | None = None,
    until: Time | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EventPage:
    """For a service that polls instead of having an endpoint: continue from `next_cursor`. No event is left out.

    Filter by member, type and time; `until` is the first time that is left out.
    """
    wanted = Wanted(type, since, until)
    return events(cursor=cursor, member_id=member_id, limit=limit, db=tools.db, wanted=wanted, reach=caller.reach)


@router.get("/events/types", summary="The types of events")
def list_event_types(_caller: Submitter) -> list[str]:
    """The values that `types` of an endpoint may have."""
    return list(EVENTS)


@router.get(
    "/events/types/{event_type}/schema",
    summary="The JSON Schema of an event",
    response_class=SchemaResponse,
)
def get_event_schema(event_type: Identifier, _caller: Submitter) -> SchemaResponse:
    """JSON Schema, draft 2020-12, of the whole message."""
    if event_type not in EVENTS:
        raise NotFound(f"There is no event type {event_type!r}; GET /v1/events/types lists them.")
    return SchemaResponse(event_schema(event_type))


@router.post("/webhooks", status_code=201, summary="Add an endpoint")
def create_endpoint(body: EndpointRequest, tools: Tools, caller: Submitter, key: Key = None) -> EndpointSecret:
    """Keep the secret, with which you check signatures (Standard Webhooks). Only a repeated request with the same key shows it again."""
    once = request_once(key, owner=caller.owner, operation="webhooks.create", body=body)
    return endpoints.add(body, actor=caller.name, db=tools.db, sealer=tools.sealer, reach=caller.reach, once=once)


@router.get("/webhooks", summary="List endpoints")
def list_endpoints(tools: Tools, caller: Submitter) -> list[EndpointView]:
    """Each with the number of events that still have to be sent, since when the oldest of them waits, and the reason if it is paused."""
    return endpoints.list_endpoints(db=tools.db, reach=caller.reach)


@router.post("/webhooks/{endpoint_id}/secret", summary="Rotate an endpoint's secret")
def rotate_secret(endpoint_id: UUID, tools: Tools, caller: Submitter, key: Key = None) -> EndpointSecret:
    """All secrets sign until they expire: each old one at the end that it was given. Send a key: a repeated request rotates once."""
    once = request_once(key, owner=caller.owner, operation=f"webhooks.{endpoint_id}.rotate")
    overlap = tools.policy.events.secret_overlap_hours
    return endpoints.rotate(
        endpoint_id,
        now=clock.now(),
        overlap_hours=overlap,
        actor=caller.name,
        db=tools.db,
        sealer=tools.sealer,
        reach=caller.reach,
        once=once,
    )


@router.post("/webhooks/{endpoint_id}/resume", summary="Resume a paused endpoint")
def resume_endpoint(endpoint_id: UUID, tools: Tools, caller: Submitter, key: Key = None) -> Replayed:
    """Events since the pause are sent, in order."""
    once = request_once(key, owner=caller.owner, operation=f"webhooks.{endpoint_id}.resume")
    count = endpoints.resume(
        endpoint_id, now=clock.now(), actor=caller.name, db=tools.db, reach=caller.reach, once=once
    )
    return Replayed(count=count)


@router.post("/webhooks/{endpoint_id}/replay", summary="Send events again")
def replay_events(endpoint_id: UUID, body: ReplayRequest, tools: Tools, caller: Submitter, key: Key = None) -> Replayed:
    """Since a time, or by id, also those that the endpoint has received. Each keeps its `webhook-id`. Many go out little by little."""
    once = request_once(key, owner=caller.owner, operation=f"webhooks.{endpoint_id}.replay", body=body)
    count = endpoints.replay(
        endpoint_id, body, now=clock.now(), actor=caller.name, db=tools.db, reach=caller.reach, once=once
    )
    return Replayed(count=count)


@router.delete("/webhooks/{endpoint_id}", status_code=204, summary="Remove an endpoint")
def delete_endpoint(endpoint_id: UUID, tools: Tools, caller: Submitter) -> None:
    """No more events are sent to it."""
    endpoints.remove(endpoint_id, actor=caller.name, db=tools.db, reach=caller.reach)
