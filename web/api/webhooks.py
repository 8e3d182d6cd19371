"""Events: those of other services come in; ours are listed, and sent to endpoints."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from pipeline.events.feed import events
from pipeline.events.webhooks import endpoints
from pipeline.kernel import clock
from pipeline.kernel.errors import NotFound
from pipeline.workflows.inbound_events import Hearing, hear
from schemas.base import Identifier
from schemas.events import (
    EVENTS,
    EndpointRequest,
    EndpointSecret,
    EndpointView,
    EventPage,
    Replayed,
    ReplayRequest,
)
from schemas.incoming import EventReceipt, EventRequest
from schemas.published import event_schema
from web.api.dependencies import Admin, Correlation, Key, SchemaResponse, Submitter, Tools, request_once

router = APIRouter(prefix="/v1", tags=["events"])


@router.post("/events", status_code=201, summary="Report an event of your service")
def create_event(
    body: EventRequest, tools: Tools, caller: Submitter, trace: Correlation, key: Key = None
) -> EventReceipt:
    """An event is known by its `source` and `id`; events may come in any order.

    A duplicate returns the first receipt. The same `source` and `id` with another body is `422` `event_reused`.
    """
    once = request_once(key, owner=str(caller.key_id), operation="events.tell", body=body)
    return hear(body, hearing=Hearing(tools.db, tools.policy, tools.notify_member, caller.name, trace, once))


@router.get("/events", summary="List events, the earliest first")
def list_events(
    tools: Tools,
    _caller: Submitter,
    cursor: str | None = None,
    member_id: Identifier | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EventPage:
    """For a service that asks instead of being told: keep `next_cursor` and go on from there. Nothing is passed over."""
    return events(cursor=cursor, member_id=member_id, limit=limit, db=tools.db)


@router.get("/events/types", summary="The types of events")
def list_event_types(_caller: Submitter) -> list[str]:
    """What `types` of an endpoint may name."""
    return list(EVENTS)


@router.get(
    "/events/types/{event_type}/schema",
    summary="The JSON Schema of an event",
    response_class=SchemaResponse,
)
def get_event_schema(event_type: Identifier, _caller: Submitter) -> SchemaResponse:
    """Draft 2020-12, of the whole message that an endpoint is sent."""
    if event_type not in EVENTS:
        raise NotFound(f"There is no event type {event_type!r}; GET /v1/events/types lists them.")
    return SchemaResponse(event_schema(event_type))


@router.post("/webhooks", status_code=201, summary="Add an endpoint")
def create_endpoint(body: EndpointRequest, tools: Tools, _caller: Admin) -> EndpointSecret:
    """Keep the secret: it is shown once, and checks the signatures (Standard Webhooks)."""
    return endpoints.add(body, db=tools.db)


@router.get("/webhooks", summary="List endpoints and how they fare")
def list_endpoints(tools: Tools, _caller: Admin) -> list[EndpointView]:
    """With how many events each still has to get, and why one is paused."""
    return endpoints.listed(db=tools.db)


@router.post("/webhooks/{endpoint_id}/secret", summary="Rotate an endpoint's secret")
def rotate_secret(endpoint_id: UUID, tools: Tools, _caller: Admin) -> EndpointSecret:
    """Both secrets sign until the old one is over."""
    overlap = tools.policy.events.secret_overlap_hours
    return endpoints.rotate(endpoint_id, now=clock.now(), overlap_hours=overlap, db=tools.db)


@router.post("/webhooks/{endpoint_id}/resume", summary="Resume a paused endpoint")
def resume_endpoint(endpoint_id: UUID, tools: Tools, _caller: Admin) -> Replayed:
    """What came meanwhile is sent, in order."""
    return Replayed(count=endpoints.resume(endpoint_id, now=clock.now(), db=tools.db))


@router.post("/webhooks/{endpoint_id}/replay", summary="Send events again")
def replay_events(endpoint_id: UUID, body: ReplayRequest, tools: Tools, _caller: Admin) -> Replayed:
    """Since a time or by id, whether the endpoint had them or not; each keeps its `webhook-id`."""
    return Replayed(count=endpoints.replay(endpoint_id, body, now=clock.now(), db=tools.db))


@router.delete("/webhooks/{endpoint_id}", status_code=204, summary="Remove an endpoint")
def delete_endpoint(endpoint_id: UUID, tools: Tools, _caller: Admin) -> None:
    """Nothing more is sent there."""
    endpoints.remove(endpoint_id, db=tools.db)
