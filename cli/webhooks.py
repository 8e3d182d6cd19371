from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from cli.event_types import types
from cli.output import AsJson, console, print_json, print_listed, styled, when
from cli.tools import operator, tools
from pipeline.events.webhooks import endpoints
from pipeline.kernel import clock
from pipeline.kernel.validation import parse
from schemas.events import EndpointRequest, EndpointSecret, ReplayRequest

app = typer.Typer(no_args_is_help=True, help="Endpoints that events are sent to.")

app.command()(types)

EndpointId = Annotated[UUID, typer.Argument(help="The endpoint's id, as `webhook list` prints it.")]


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where events are sent: https://…")],
    event_type: Annotated[list[str] | None, typer.Option("--type", help="Only these; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add an endpoint and print its secret, once."""
    request = parse(EndpointRequest, {"url": url, "types": event_type or []})
    with tools() as tool:
        made = endpoints.add(request, actor=operator(), db=tool.db, sealer=tool.sealer)
    _print_secret(made, as_json=as_json)


@app.command("list")
def list_endpoints(as_json: AsJson = False) -> None:
    """List endpoints, their state, and how many events each still has to get, and since when the oldest of them waits."""
    with tools() as tool:
        found = endpoints.list_endpoints(db=tool.db)
    rows = [
        [
            each.id,
            each.state,
            each.pending,
            *map(_when, (each.waiting_since, each.rests_until)),
            each.url,
            each.paused_because,
        ]
        for each in found
    ]
    columns = ["id", "state", "pending", "waiting since", "next try", "url", "why paused"]
    print_listed(found, columns, rows, as_json=as_json, empty="There is no endpoint.")


@app.command()
def rotate(endpoint_id: EndpointId, as_json: AsJson = False) -> None:
    """Print a new secret. The present one stays valid during the overlap that the policy sets."""
    with tools() as tool:
        overlap = tool.policy.events.secret_overlap_hours
        made = endpoints.rotate(
            endpoint_id, now=clock.now(), overlap_hours=overlap, actor=operator(), db=tool.db, sealer=tool.sealer
        )
    _print_secret(made, as_json=as_json)


@app.command()
def resume(endpoint_id: EndpointId) -> None:
    """Activate a paused endpoint and send it the events that came meanwhile."""
    with tools() as tool:
        count = endpoints.resume(endpoint_id, now=clock.now(), actor=operator(), db=tool.db)
    console.print(f"The endpoint is active; {count} events are on their way.")


@app.command()
def replay(
    endpoint_id: EndpointId,
    since: Annotated[datetime | None, typer.Option(help="From this time on, UTC.")] = None,
    event: Annotated[list[UUID] | None, typer.Option(help="This event; may be repeated.")] = None,
    member: Annotated[str | None, typer.Option(help="Only the events of this member.")] = None,
) -> None:
    """Send events again, delivered ones too."""
    utc = since.astimezone() if since and since.tzinfo else since and since.replace(tzinfo=clock.now().tzinfo)
    with tools() as tool:
        request = parse(ReplayRequest, {"since": utc, "event_ids": event or [], "member_id": member})
        count = endpoints.replay(endpoint_id, request, now=clock.now(), actor=operator(), db=tool.db)
    console.print(f"{count} events are on their way.")


@app.command()
def remove(endpoint_id: EndpointId) -> None:
    """Remove an endpoint; nothing more is sent to it."""
    with tools() as tool:
        endpoints.remove(endpoint_id, actor=operator(), db=tool.db)
    console.print(f"Nothing more is sent to {endpoint_id}.")


def _when(at: datetime | None) -> str | None:
    return None if at is None else when(at)


def _print_secret(made: EndpointSecret, *, as_json: bool) -> None:
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    console.print(made.secret, soft_wrap=True)
    kept = styled("[dim]Keep it now: it is not shown again. Endpoint {id}[/dim]", id=made.endpoint_id)
    console.print(kept, soft_wrap=True)
    if made.previous_valid_until:
        until = f"{made.previous_valid_until:%Y-%m-%d %H:%M} UTC"
        console.print(styled("[dim]The one before is valid until {until}.[/dim]", until=until))
