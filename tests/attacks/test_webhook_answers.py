"""An endpoint answers without end, slowly, packed or with another address: a worker reads little, not for long, and stays."""

from collections.abc import Iterator

import pytest

from config.container import Container
from pipeline.events.tables import delivery
from pipeline.events.webhooks import endpoints
from pipeline.kernel.outgoing import KEPT_BYTES, Answer
from pipeline.tasks.rules import DELIVER_EVENT
from schemas.events import EndpointRequest
from tests.support.desk import Desk
from tests.support.endpoint import listening
from tests.support.odd_endpoint import OddEndpoint, answering
from tests.support.servers import variant

HEAD = b"HTTP/1.1 200 OK\r\n"
MIB = 1024 * 1024


def quick(tools: Container) -> Container:
    """A delivery may last a second."""
    events = tools.policy.events.model_copy(update={"timeout_seconds": 1})
    return variant(tools, policy=tools.policy.model_copy(update={"events": events}))


def delivered_to(desk: Desk, url: str) -> tuple[str, int | None, str | None]:
    """What came of one delivery."""
    endpoints.add(EndpointRequest(url=url), db=desk.tools.db, sealer=desk.tools.sealer)
    desk.submit_avatar()
    desk.run_due(DELIVER_EVENT)
    (row,) = desk.rows(delivery)
    return row.state, row.last_status, row.last_error


def posted(desk: Desk, url: str) -> Answer:
    return desk.tools.outgoing.post(url, body=b"{}", headers={}, seconds=10)


def endless_length(place: OddEndpoint) -> Iterator[bytes]:
    """700 MiB, as its length says."""
    yield HEAD + b"Content-Length: 734003200\r\n\r\n"
    yield from megabytes(place)


def endless_chunks(place: OddEndpoint) -> Iterator[bytes]:
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    for part in megabytes(place):
        yield b"%x\r\n" % len(part) + part + b"\r\n"


def endless_close(place: OddEndpoint) -> Iterator[bytes]:
    """A body that ends with the connection, which does not end."""
    yield HEAD + b"Connection: close\r\n\r\n"
    yield from megabytes(place)


def megabytes(place: OddEndpoint) -> Iterator[bytes]:
    part = b"x" * MIB
    for _ in range(700):
        if place.over.is_set():
            return
        yield part


@pytest.mark.parametrize("answer", [endless_length, endless_chunks, endless_close])
def test_of_an_answer_of_700_mib_4_kib_are_read_and_the_event_is_delivered(desk: Desk, answer: object) -> None:
    with answering(answer) as place:  # type: ignore[arg-type]
        found = delivered_to(desk, place.url)

    assert found == ("delivered", 200, None)
    assert place.sent < 100 * MIB


def test_no_more_than_4_kib_of_an_answer_are_kept(desk: Desk) -> None:
    with answering(endless_chunks) as place:
        assert len(posted(desk, place.url).body) == KEPT_BYTES


def test_a_packed_answer_is_not_unpacked(desk: Desk) -> None:
    def bomb(_place: OddEndpoint) -> Iterator[bytes]:
        """What is no gzip at all: who unpacks it fails."""
        yield HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nxxxxx"

    with answering(bomb) as place:
        answer = posted(desk, place.url)

    assert (answer.status, answer.body) == (200, b"xxxxx")
    assert "accept-encoding: identity" in place.asked[0].lower()


def drip(place: OddEndpoint, first: bytes, each: bytes) -> Iterator[bytes]:
    """A part of the answer every tenth of a second, for as long as the other side stays."""
    yield first
    while not place.over.wait(0.1):
        yield each


@pytest.mark.parametrize(
    ("first", "each"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (HEAD + b"Content-Length: 4000\r\n\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["nothing", "headers", "hints", "a body", "chunks"],
)
def test_an_answer_that_drips_for_ever_ends_at_the_deadline_of_the_delivery(
    desk: Desk, first: bytes, each: bytes
) -> None:
    hurried = desk.over(quick(desk.tools))
    with answering(lambda place: drip(place, first, each)) as place:
        state, _, error = delivered_to(hurried, place.url)

    assert state == "pending"
    assert error == "The endpoint cannot be reached: ReadTimeout."


def test_headers_without_end_end_the_delivery(desk: Desk) -> None:
    def flood(place: OddEndpoint) -> Iterator[bytes]:
        yield HEAD
        while not place.over.is_set():
            yield b"X-More: " + b"x" * 1000 + b"\r\n"

    with answering(flood) as place:
        state, _, error = delivered_to(desk, place.url)

    assert state == "pending"
    assert error == "The endpoint cannot be reached: RemoteProtocolError."


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(desk: Desk, status: int) -> None:
    with listening() as elsewhere:

        def away(_place: OddEndpoint) -> Iterator[bytes]:
            yield f"HTTP/1.1 {status} Away\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n".encode()

        with answering(away) as place:
            found = delivered_to(desk, place.url)

    assert found == ("pending", status, f"The endpoint answered {status}.")
    assert elsewhere.got == []


def test_a_worker_goes_on_with_others_after_such_an_endpoint(desk: Desk) -> None:
    with answering(endless_length) as odd, listening() as sound:
        endpoints.add(EndpointRequest(url=odd.url), db=desk.tools.db, sealer=desk.tools.sealer)
        found = delivered_to_each(desk, sound.url)

    assert found == ["delivered", "delivered"]
    assert sound.types() == ["submission.received"]


def delivered_to_each(desk: Desk, url: str) -> list[str]:
    endpoints.add(EndpointRequest(url=url), db=desk.tools.db, sealer=desk.tools.sealer)
    desk.submit_avatar()
    desk.run_due(DELIVER_EVENT)
    return [row.state for row in desk.rows(delivery)]
