"""Connections of the web process: a head comes whole and soon, an answer is taken, and nobody's connections keep others out.

uvicorn bounds neither the length of a request's head nor the time that it takes, so this extends its protocol.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pipeline.kernel.errors import ProofdeskError
from pipeline.kernel.rules.networks import network_of
from web.edge.errors import KIB, HeadersTooLarge, HeadTooSlow
from web.edge.leaving import LeavingTransport
from web.problems import answer

HEAD_BYTES: Final = 64 * KIB
"""Most bytes of a head, as they come: uvicorn reads parts of up to 256 KiB, so the exact bounds are checked again with the request."""

_FRAME_BYTES: Final = 8
"""Bytes that may frame one byte of a chunked body. Trailers and the extensions of chunks count, too."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for a head to come, and for an answer to be taken."""

    head_seconds: float
    answer_seconds: float


class Room:
    """The open connections. Where there are too many, the network that has most of those that wait loses its oldest one.

    Where none waits but the newest, that goes for those whose request has not come whole: a body that does not end takes nobody's place.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[Connection, str] = {}

    def enter(self, connection: "Connection") -> None:
        """Take a new connection in. It is closed itself where all others are being answered."""
        self._open[connection] = network_of(connection.client[0]) if connection.client else ""
        if len(self._open) <= self._most:
            return
        waiting = {each: whose for each, whose in self._open.items() if each.waits}
        if len(waiting) == 1 and connection in waiting:
            waiting = {each: whose for each, whose in self._open.items() if not each.is_complete} or waiting
        ((network, _),) = Counter(waiting.values()).most_common(1)
        next(each for each, whose in waiting.items() if whose == network).transport.abort()

    def leave(self, connection: "Connection") -> None:
        """A connection was closed."""
        self._open.pop(connection, None)


class Connection(HttpToolsProtocol):
    """One connection to a client."""

    limits: ClassVar[Limits]
    room: ClassVar[Room]

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._head_timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None
        self._received = self._body = 0
        self._leaving: LeavingTransport
        self.is_complete = True

    @property
    def waits(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        patience = self.limits.answer_seconds
        self._leaving = LeavingTransport(transport, is_complete=lambda: self.is_complete, patience=patience)
        super().connection_made(self._leaving)
        self.room.enter(self)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self.room.leave(self)
        self._head_came()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Take the next bytes, and close the connection where too many of them are no body."""
        if self.transport.is_closing():
            self._leaving.discard(len(data))
            return
        self._received += len(data)
        super().data_received(data)
        if self._received - self._body > HEAD_BYTES + _FRAME_BYTES * self._body:
            self._refuse(HeadersTooLarge(HEAD_BYTES))
        elif self.waits:
            self._await_head()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._received = self._body = 0
        self.is_complete = False

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._head_came()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body is there."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of the request is there."""
        self.is_complete = True
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not take its answer."""
        super().pause_writing()
        self._answer_timer = self.loop.call_later(self.limits.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client takes its answer again, or is gone."""
        super().resume_writing()
        if self._answer_timer is not None:
            self._answer_timer.cancel()

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.limits.head_seconds, self._refuse, HeadTooSlow())

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, error: ProofdeskError) -> None:
        """Answer what has no request yet, unless an answer is under way, and close the connection."""
        if self.transport.is_closing():
            return
        if self.waits and self._received:
            self.transport.write(_written(error))
        self.transport.close()


def _written(error: ProofdeskError) -> bytes:
    """A problem document as it goes over the wire."""
    document = answer(error)
    headers = {**document.headers, "connection": "close"}
    lines = [f"HTTP/1.1 {document.status_code} Refused", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + bytes(document.body)
