"""What passes through a proxy on one connection, and what can be done to it."""

import asyncio
from contextlib import suppress
from typing import Final

FAREWELL_SECONDS: Final = 1
_NOT_THE_ANSWER: Final = b"HTTP/1.1 100 "
"""HTTP's "go on with the body" comes in the middle of a request."""


class Cut(Exception):
    """The connection ends here, for both sides."""


class Link:
    """One client's connection. RESP, HTTP and SMTP take turns: the client says something whole, the server answers.

    `opening` is how the client's present turn begins, `said` how many bytes of it were passed on; `answer` is how the
    server's latest answer begins, `before` the one before this turn, `heard` how many bytes of an answer were passed back.
    """

    def __init__(self, client: asyncio.StreamWriter) -> None:
        self._client = client
        self.opening = self.answer = self.before = b""
        self.said = self.heard = 0
        self.over = False

    def client_says(self, chunk: bytes) -> None:
        """Note whether a turn begins."""
        if self.heard or not self.said:
            self.opening, self.before = chunk, self.answer
            self.said = self.heard = 0

    def server_says(self, chunk: bytes) -> None:
        """Note whether an answer begins."""
        if not self.heard and not chunk.startswith(_NOT_THE_ANSWER):
            self.answer = chunk

    def passed_on(self, chunk: bytes) -> None:
        """Count what the server was given. Raises Cut when that was the last."""
        self.said += len(chunk)
        if self.over:
            raise Cut

    def passed_back(self, chunk: bytes) -> None:
        """Count what the client was given. Raises Cut when that was the last."""
        if not chunk.startswith(_NOT_THE_ANSWER):
            self.heard += len(chunk)
        if self.over:
            raise Cut

    def end_after(self, chunk: bytes) -> bytes:
        """Pass this, and then end."""
        self.over = True
        return chunk

    async def hang_up(self, farewell: bytes) -> None:
        """Answer in the server's place and end the connection, once the client has had time to read. Raises Cut."""
        self._client.write(farewell)
        with suppress(OSError):
            await self._client.drain()
        await asyncio.sleep(FAREWELL_SECONDS)
        raise Cut


class Trick:
    """What a proxy does to those who come by. `strikes` counts to how many it was done."""

    def __init__(self) -> None:
        self.strikes = 0

    async def asked(self, link: Link, chunk: bytes) -> bytes:  # noqa: ARG002  (for those that look at the link)
        """What the server is given in place of what the client said. Raises Cut."""
        return chunk

    async def answered(self, link: Link, chunk: bytes) -> bytes:  # noqa: ARG002  (for those that look at the link)
        """What the client is given in place of what the server answered. Raises Cut."""
        return chunk

    def cut(self) -> Cut:
        """Count one connection that ends here."""
        self.strikes += 1
        return Cut()


class Away(Trick):
    """Whoever says something is cut off: to a client the server is down."""

    async def asked(self, link: Link, chunk: bytes) -> bytes:  # noqa: ARG002  (whatever it is)
        """Nothing reaches the server."""
        raise self.cut()
