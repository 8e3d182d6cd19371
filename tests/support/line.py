"""A line to a server that a test can cut and mend: what a server's absence and return look like to its clients."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from config.container import Container
from tests.support.servers import variant


@dataclass
class Line:
    """Forwards TCP connections to a host and port as long as it is whole; `tries` counts who came, also in vain."""

    host: str
    port: int
    whole: bool = True
    tries: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.here: int = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """End every connection, and each new one at once."""
        self.whole = False
        while self._open:
            _end(self._open.pop())

    def mend(self) -> None:
        self.whole = True

    def close(self) -> None:
        _end(self._server)
        self.cut()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self.tries += 1
                if self.whole:
                    self._join(client)
                else:
                    _end(client)

    def _join(self, client: socket.socket) -> None:
        server = socket.create_connection((self.host, self.port), timeout=30)
        server.settimeout(None)
        self._open += [client, server]
        threading.Thread(target=_pump, args=(client, server), daemon=True).start()
        threading.Thread(target=_pump, args=(server, client), daemon=True).start()


def _pump(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65_536):
            to.sendall(chunk)
    _end(source)
    _end(to)


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def storage_line(tools: Container, **settings: Any) -> Iterator[tuple[Line, Container]]:
    """A line to the object store, and tools whose storage uses it."""
    with _line(tools.settings.storage_url) as (line, url):
        made = variant(tools, own=("storage",), storage_url=url, **settings)
        yield line, made
        made.storage.close()


@contextmanager
def mail_line(tools: Container, **settings: Any) -> Iterator[tuple[Line, Container]]:
    """A line to the mail server, and tools whose mailer uses it."""
    with _line(tools.settings.smtp_url) as (line, url):
        made = variant(tools, own=("mailer",), smtp_url=url, **settings)
        yield line, made
        made.mailer.close()


@contextmanager
def _line(url: str) -> Iterator[tuple[Line, str]]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    line = Line(parts.hostname, parts.port)
    login = parts.netloc.rpartition("@")[0]
    place = f"{login}@127.0.0.1:{line.here}" if login else f"127.0.0.1:{line.here}"
    try:
        yield line, urlunsplit(parts._replace(netloc=place))
    finally:
        line.close()
