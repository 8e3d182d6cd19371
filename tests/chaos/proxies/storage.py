import asyncio
import re
from typing import Final

from tests.chaos.proxies.link import Link, Trick

SECONDS_A_PIECE: Final = 0.7
HEAD_ENDS: Final = b"\r\n\r\n"
_METHODS: Final = (b"GET ", b"HEAD ", b"PUT ", b"POST ", b"DELETE ")
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SLOW_DOWN: Final = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>'
_UNAVAILABLE: Final = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_SLOW_DOWN), _SLOW_DOWN)
)


class Unavailable(Trick):
    """503 SlowDown to every request; the server never sees it."""

    async def asked(self, link: Link, chunk: bytes) -> bytes:
        """Answer in the server's place."""
        if chunk is link.opening and chunk.startswith(_METHODS):
            self.strikes += 1
            await link.hang_up(_UNAVAILABLE)
        return chunk


class Slow(Trick):
    """Every piece of an answer comes late."""

    async def answered(self, link: Link, chunk: bytes) -> bytes:  # noqa: ARG002  (whatever it is)
        """Wait a while."""
        self.strikes += 1
        await asyncio.sleep(SECONDS_A_PIECE)
        return chunk


class HalfABody(Trick):
    """A GET is answered with its true length and half of its bytes."""

    async def answered(self, link: Link, chunk: bytes) -> bytes:
        """Pass the first half, then cut."""
        good = link.opening.startswith(b"GET ") and link.answer.startswith(b"HTTP/1.1 200 ")
        half = _first_half(link.answer) if good else None
        if half is None or link.heard + len(chunk) <= half:
            return chunk
        self.strikes += 1
        return link.end_after(chunk[: half - link.heard])


class PutCut(Trick):
    """The connection breaks in the middle of a PUT."""

    async def asked(self, link: Link, chunk: bytes) -> bytes:
        """Pass the first half, then cut."""
        half = _first_half(link.opening) if link.opening.startswith(b"PUT ") else None
        if half is None or link.said + len(chunk) <= half:
            return chunk
        self.strikes += 1
        return link.end_after(chunk[: half - link.said])


class PutAnswerLost(Trick):
    """An object is put, and the connection breaks before the answer that says so."""

    async def answered(self, link: Link, chunk: bytes) -> bytes:
        """Keep a good answer to a PUT back."""
        if link.opening.startswith(b"PUT ") and link.answer.startswith(b"HTTP/1.1 200 "):
            raise self.cut()
        return chunk


def _first_half(message: bytes) -> int | None:
    """How many bytes the head and half of the body are; None for a message without a body."""
    head, ends, _ = message.partition(HEAD_ENDS)
    length = _LENGTH.search(head)
    if not ends or length is None or int(length[1]) <= 1:
        return None
    return len(head) + len(ends) + int(length[1]) // 2
