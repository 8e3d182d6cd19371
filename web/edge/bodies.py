"""Receives bodies: never more bytes than the cap, never longer than the deadline, never more of them at once than there are places."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from web.edge.errors import BodyTooLarge, BodyTooSlow, CallerLeft


class Places:
    """The bodies that are being received. Where all places are taken, the caller who has most of them loses its oldest one.

    So somebody who holds many connections with bodies that never end takes places from themselves and from nobody else.
    """

    def __init__(self, count: int, *, seconds: float) -> None:
        self._count, self._seconds = count, seconds
        self._taken: dict[asyncio.Timeout, str] = {}

    async def received(self, receive: Receive, *, owner: str, most: int) -> bytes:
        """The whole body. Raises BodyTooLarge, BodyTooSlow, CallerLeft."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._seconds) as deadline:
                with self._place(deadline, owner):
                    while await _more(receive, body, most):
                        pass
        except TimeoutError:
            raise BodyTooSlow from None
        return bytes(body)

    @contextmanager
    def _place(self, deadline: asyncio.Timeout, owner: str) -> Iterator[None]:
        if len(self._taken) >= self._count:
            self._give_up_one()
        self._taken[deadline] = owner
        try:
            yield
        finally:
            self._taken.pop(deadline, None)

    def _give_up_one(self) -> None:
        """End the oldest one of the caller who has most."""
        ((owner, _),) = Counter(self._taken.values()).most_common(1)
        oldest = next(each for each, whose in self._taken.items() if whose == owner)
        del self._taken[oldest]
        oldest.reschedule(asyncio.get_running_loop().time())


def has_body(headers: Headers) -> bool:
    """Whether a body follows these headers."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def require_short(headers: Headers, *, most: int) -> None:
    """Refuse a body by the length that its headers give, before anything of it was read. Raises BodyTooLarge."""
    told = headers.get("content-length", "0")
    if not told.isdecimal() or int(told) > most:
        raise BodyTooLarge(most)


def again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body which was received already, and then what comes after it."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return left.pop() if left else await receive()

    return next_message


async def _more(receive: Receive, body: bytearray, most: int) -> bool:
    """Add the next part to the body; whether more follows."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise CallerLeft
    part: bytes = message.get("body", b"")
    if len(body) + len(part) > most:
        raise BodyTooLarge(most)
    body += part
    return bool(message.get("more_body", False))
