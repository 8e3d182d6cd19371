"""A proxy between our processes and a server. It passes every byte until it is told to play a trick."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Self
from urllib.parse import urlsplit, urlunsplit

import uvloop

from tests.chaos.proxies.link import Cut, Link, Trick

LOOPBACK: Final = "127.0.0.1"
MOST_AT_ONCE: Final = 64 * 1024
BACKLOG: Final = 256
CLOSE_SECONDS: Final = 30


class Proxy:
    """Listens on a port of its own inside a `with`, in a thread of its own. `server` may be named later."""

    def __init__(self, server: tuple[str, int] = (LOOPBACK, 0)) -> None:
        self.server = server
        self._tricks: tuple[Trick, ...] = ()
        self._socket = socket.create_server((LOOPBACK, 0), backlog=BACKLOG)
        self.port: int = self._socket.getsockname()[1]
        self._loop = uvloop.new_event_loop()  # three proxies share their interpreter with the clients
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"proxy-{self.port}", daemon=True)

    def lead_to(self, url: str) -> None:
        """Stand before the server at this address."""
        parts = urlsplit(url)
        self.server = (parts.hostname or LOOPBACK, parts.port or 0)

    def play(self, trick: Trick) -> None:
        """From now on, on open connections too."""
        self._tricks = (*self._tricks, trick)

    def stop(self, trick: Trick) -> None:
        """Play it no longer."""
        self._tricks = tuple(each for each in self._tricks if each is not trick)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=CLOSE_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connection, sock=self._socket)
        await self._stopping.wait()
        server.close()  # the runner cancels the connections that are open

    async def _connection(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        with suppress(Cut, OSError), _aborted_unless_well_ended(client):
            answers, server = await asyncio.open_connection(*self.server)
            link = Link(client)
            with _aborted_unless_well_ended(server):
                await _until_either_ends(self._asking(link, reader, server), self._answering(link, answers, client))

    async def _asking(self, link: Link, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(MOST_AT_ONCE):
            link.client_says(chunk)
            for trick in self._tricks:
                chunk = await trick.asked(link, chunk)
            server.write(chunk)
            await server.drain()
            link.passed_on(chunk)

    async def _answering(self, link: Link, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(MOST_AT_ONCE):
            link.server_says(chunk)
            for trick in self._tricks:
                chunk = await trick.answered(link, chunk)
            client.write(chunk)
            await client.drain()
            link.passed_back(chunk)


def through(proxy: Proxy, url: str) -> str:
    """The address by which the server is reached through the proxy, with the same credentials."""
    parts = urlsplit(url)
    credentials, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{credentials}{at}{LOOPBACK}:{proxy.port}"))


@contextmanager
def _aborted_unless_well_ended(writer: asyncio.StreamWriter) -> Iterator[None]:
    """Close it at the end, once all was sent; at once when the connection was cut or broke."""
    try:
        yield
    except BaseException:
        writer.transport.abort()
        raise
    writer.close()


async def _until_either_ends(*ways: Coroutine[Any, Any, None]) -> None:
    """Run both ways until either side closes. Raises Cut, or OSError when the connection broke."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
