"""Hundreds of connections that never finish what they begin: others are served, and each of them ends."""

from collections.abc import Iterator
from contextlib import ExitStack
from select import select
from typing import Any, Final

import pytest

from config.container import Container
from tests.support.http import Api
from tests.support.together import until
from tests.support.web import Alone, own_process
from tests.support.wire import PATIENCE_SECONDS, Wire, asked, wire

MANY: Final = 500
ROOM: Final = 100
PLACES: Final = 20
FEW: Final = 5
LONG: Final = 600.0
GET: Final = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
BEGINNINGS: Final = {
    "nothing at all": b"",
    "half a line": b"GET /heal",
    "half of the headers": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: x",
    "half a body": b"POST /v1/sessions/open HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
    "half a chunk": b"POST /console/sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx",
    "half a body of somebody without a key": b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
    "one request and half of the next": GET + b"GET /heal",
    "one request and then blank lines": GET + b"\r\n",
    "a preflight whose body does not end": b"OPTIONS /v1/events HTTP/1.1\r\nHost: a\r\nOrigin: https://members.example.com\r\n"
    b"Access-Control-Request-Method: POST\r\nContent-Length: 100\r\n\r\n{",
}

MASSES: Final = ("nothing at all", "half of the headers", "half a body", "half a body of somebody without a key")


@pytest.fixture(scope="module")
def patient(all_servers: Container) -> Iterator[Alone]:
    """It waits longer than any test does, so that only what is not for waiting can help."""
    waits: dict[str, Any] = {"head_seconds": LONG, "body_seconds": LONG, "answer_seconds": LONG}
    with own_process(all_servers, web_connections=ROOM, bodies_at_once=PLACES, **waits) as alone:
        yield alone


@pytest.fixture(scope="module")
def hasty(all_servers: Container) -> Iterator[Alone]:
    """It waits for a moment only."""
    with own_process(all_servers, head_seconds=0.5, body_seconds=0.5, answer_seconds=0.5) as alone:
        yield alone


@pytest.fixture(scope="module")
def crowded(all_servers: Container) -> Iterator[Alone]:
    """It has few places for connections, more for bodies, and waits longer than any test does."""
    waits: dict[str, Any] = {"head_seconds": LONG, "body_seconds": LONG, "answer_seconds": LONG}
    with own_process(all_servers, web_connections=FEW, bodies_at_once=10 * FEW, **waits) as alone:
        yield alone


def stalled(held: ExitStack, port: int, beginning: bytes, *, count: int) -> list[Wire]:
    """That many connections, each of which has sent this and no more."""
    wires = [held.enter_context(wire(port)) for _ in range(count)]
    for each in wires:
        each.socket.sendall(beginning)
    return wires


@pytest.mark.parametrize("beginning", [BEGINNINGS[each] for each in MASSES], ids=MASSES)
def test_hundreds_of_stalled_connections_keep_nobody_out(api: Api, patient: Alone, beginning: bytes) -> None:
    key: dict[str, Any] = {"Authorization": f"Bearer {api.submit_key}", "Content_Type": "application/json"}
    with ExitStack() as held:
        stalled(held, patient.port, beginning, count=MANY)

        answers = [
            asked(patient.port, "GET /v1/membership/ladder", **key),
            asked(patient.port, "POST /v1/events", b"{}", **key),
            asked(patient.port, "POST /v1/sessions/open", b"{}", Content_Type="application/json"),
        ]

        assert [each.status for each in answers] == [200, 422, 422]
        assert until(lambda: len(patient.process.net_connections("tcp")) <= ROOM + PLACES + 30)


def test_bodies_that_do_not_end_keep_no_newcomer_out(crowded: Alone) -> None:
    half = b"POST /v1/sessions/open HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n{"
    with ExitStack() as held:
        for each in stalled(held, crowded.port, half, count=FEW):
            assert each.socket.recv(100).startswith(b"HTTP/1.1 100")  # its request is at work

        answers = [asked(crowded.port, "GET /healthz").status for _ in range(FEW)]

        assert answers == [200] * FEW


def test_who_takes_all_places_for_bodies_loses_one_to_a_newcomer(api: Api, patient: Alone) -> None:
    key = f"Bearer {api.submit_key}"
    with ExitStack() as held:
        strangers = stalled(held, patient.port, BEGINNINGS["half a body"], count=PLACES)
        with wire(patient.port) as slow:
            slow.head("POST /v1/events", Authorization=key, Content_Length="2", Content_Type="application/json")
            slow.socket.sendall(b"{")

            (loser, *others), _, _ = select([each.socket for each in strangers], [], [], PATIENCE_SECONDS)
            lost = next(each for each in strangers if each.socket is loser).answer()
            slow.socket.sendall(b"}")

            assert (lost.status, lost.code, others) == (408, "body_too_slow", [])
            assert slow.answer().status == 422


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_connection_that_stalls_is_closed(tools: Container, hasty: Alone, beginning: bytes) -> None:
    assert tools.settings
    with wire(hasty.port) as open_wire:
        open_wire.socket.sendall(beginning)

        assert open_wire.is_closed()


@pytest.mark.parametrize(
    ("beginning", "drop"),
    [
        (b"GET /healthz HTTP/1.1\r\nX: ", b"x"),
        (GET, b"\r\n"),
        (BEGINNINGS["a preflight whose body does not end"], b"x"),
    ],
    ids=["a header", "blank lines", "a body that nobody reads"],
)
def test_a_connection_that_is_kept_alive_drop_by_drop_is_closed(hasty: Alone, beginning: bytes, drop: bytes) -> None:
    with wire(hasty.port) as open_wire:
        open_wire.socket.sendall(beginning)

        assert until(lambda: open_wire.pour(drop, times=1) == 0)


def test_an_answer_that_nobody_takes_is_given_up(hasty: Alone) -> None:
    with wire(hasty.port) as open_wire:
        open_wire.socket.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 100)

        assert until(lambda: open_wire.pour(b"\r\n", times=1) == 0)
