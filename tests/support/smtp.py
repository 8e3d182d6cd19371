"""A mail server that does as a test tells it: the faults that a real one has now and then."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from config.container import Container
from tests.support.servers import variant

CUT = ""
"""An answer that never comes: the connection is closed in its place."""


@dataclass
class FaultyMailServer:
    """`answers` by command (`MAIL`, `RCPT`, `DATA`, `.`); anything else is answered well. What was said is in `mails`."""

    answers: Mapping[str, str] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                with connection, suppress(OSError):
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            connection.sendall(b"220 test\r\n")
            while line := lines.readline():
                word = line.strip().decode().partition(" ")[0].upper()
                if not self._answer(connection, word, good="354 go on" if word == "DATA" else "250 OK"):
                    return
                if word == "DATA" and not self.answers.get("DATA"):
                    self.mails.append(b"".join(iter(lines.readline, b".\r\n")))
                    if not self._answer(connection, ".", good="250 OK"):
                        return

    def _answer(self, connection: socket.socket, word: str, *, good: str) -> bool:
        answer = self.answers.get(word, good)
        if answer != CUT:
            connection.sendall(f"{answer}\r\n".encode())
        return answer != CUT


@contextmanager
def mail_server(
    tools: Container, *, circuit_failures: int = 3, **answers: str
) -> Iterator[tuple[FaultyMailServer, Container]]:
    """The server, and tools that hand their mails to it. `dot` is the answer to the mail itself."""
    server = FaultyMailServer({{"dot": "."}.get(word, word.upper()): answer for word, answer in answers.items()})
    made = variant(
        tools, own=("mailer",), smtp_url=f"smtp://127.0.0.1:{server.port}", circuit_failures=circuit_failures
    )
    try:
        yield server, made
    finally:
        made.mailer._drop()  # noqa: SLF001  (a container leaves the connection open)
        server.close()
