"""How fast events go to a prompt endpoint: of one member, one after the other, and of a thousand members; with one beside that hangs."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import uuid4

from config.container import Container
from pipeline.events.outbound import emit
from pipeline.events.webhooks import endpoints
from pipeline.tasks.relay import due_tasks
from pipeline.tasks.rules import DELIVER_EVENT, WEBHOOKS
from schemas.events import EndpointRequest, EventType, PointsChanged
from tests.bench.measure import Measure
from tests.support.endpoint import Endpoint, listening
from tests.support.odd_endpoint import OddEndpoint, answering
from tests.support.servers import servers
from tests.support.together import until
from tests.support.workers import working

EVENTS: Final = 1_000
SECONDS: Final = 300


def measures() -> list[Measure]:
    """Both alone, and the second with an endpoint beside it that never answers."""
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as tools, listening() as place:
        endpoints.add(EndpointRequest(url=place.url), db=tools.db, sealer=tools.sealer)
        one = _seconds(tools, place, members=1)
        all_of_them = _seconds(tools, place, members=EVENTS)
        with answering(_never) as hanging:
            endpoints.add(EndpointRequest(url=hanging.url), db=tools.db, sealer=tools.sealer)
            beside = _seconds(tools, place, members=EVENTS, hanging=hanging)
    return [
        Measure(f"{EVENTS} events of one member", one, "s", 20, "at most"),
        Measure(f"{EVENTS} members", EVENTS / all_of_them, "events a second", 200, "at least"),
        Measure(f"{EVENTS} members, another endpoint hangs", EVENTS / beside, "events a second", 200, "at least"),
    ]


def _never(place: OddEndpoint) -> Iterator[bytes]:
    place.over.wait()
    yield b""


def _seconds(tools: Container, place: Endpoint, *, members: int, hanging: OddEndpoint | None = None) -> float:
    """From the first hint to the last event that came."""
    place.got.clear()
    for number in range(EVENTS):
        _tell(tools, f"m-{number % members}", number)
    due = due_tasks(tools.db, [DELIVER_EVENT.name], limit=3 * EVENTS)
    tools.broker.client.flushall()
    with working(tools, WEBHOOKS) as own:
        began = time.perf_counter()
        own.hints(due)
        until(lambda: len(place.got) >= EVENTS, seconds=SECONDS)
        took = time.perf_counter() - began
        if hanging is not None:
            hanging.over.set()
    return took


def _tell(tools: Container, member_id: str, version: int) -> None:
    fields = {"type": "earning", "amount": 1, "balance": version, "cause": "rfq_quoted", "version": version}
    changed = PointsChanged.model_validate({"member_id": member_id, "entry_id": str(uuid4()), **fields})
    with tools.db.begin() as connection:
        emit(connection, EventType.POINTS_CHANGED, changed, member_id=member_id, trace="bench")
