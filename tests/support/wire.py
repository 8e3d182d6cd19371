"""HTTP by hand, for requests that no client library would make."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """What came back before the connection was closed or fell silent."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def code(self) -> str:
        """The code of a problem document."""
        assert self.headers["content-type"] == "application/problem+json", self
        return str(json.loads(self.body)["code"])

    @property
    def closes(self) -> bool:
        return self.headers.get("connection") == "close"


class Wire:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)

    def head(self, line: str, **headers: str) -> None:
        """Send a request's line and headers; a `_` in a name stands for a hyphen."""
        given = {"Host": "127.0.0.1", **{name.replace("_", "-"): value for name, value in headers.items()}}
        lines = [f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
        self.socket.sendall("\r\n".join(lines).encode())

    def pour(self, part: bytes, *, times: int) -> int:
        """Send the same bytes again and again until the other side takes no more; how often it went well."""
        for done in range(times):
            try:
                self.socket.sendall(part)
            except OSError:
                return done
        return times

    def answer(self) -> Answer:
        """Read one answer. Raises TimeoutError where none comes."""
        read = b""
        while b"\r\n\r\n" not in read:
            part = self.socket.recv(65_536)
            assert part, f"closed without an answer: {read!r}"
            read += part
        head, _, body = read.partition(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
        while len(body) < int(headers.get("content-length", 0)):
            part = self.socket.recv(65_536)
            assert part, f"closed in the middle of an answer: {read!r}"
            body += part
        return Answer(int(line.split(" ")[1]), headers, body)

    def is_closed(self) -> bool:
        """Wait until the other side has closed. Raises TimeoutError where it does not."""
        with suppress(ConnectionError):
            while self.socket.recv(65_536):
                pass
        return True


@contextmanager
def wire(port: int) -> Iterator[Wire]:
    made = Wire(port)
    try:
        yield made
    finally:
        made.socket.close()


def asked(port: int, line: str, body: bytes = b"", **headers: str) -> Answer:
    """The answer to one small request on a connection of its own."""
    with wire(port) as open_wire:
        length: dict[str, Any] = {"Content_Length": str(len(body))} if body else {}
        open_wire.head(line, **length, **headers)
        open_wire.socket.sendall(body)
        return open_wire.answer()
