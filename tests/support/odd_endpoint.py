"""An endpoint whose answer is written byte by byte, by what a test says."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class OddEndpoint:
    """`asked` are the heads of the requests that came; `sent` is how many bytes of answers left."""

    port: int
    asked: list[str] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    sent: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"


Answer = Callable[[OddEndpoint], Iterator[bytes]]


@contextmanager
def answering(answer: Answer, *, tls: ssl.SSLContext | None = None) -> Iterator[OddEndpoint]:
    """An endpoint on a free port. It goes on with its answer until the other side leaves or the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    place = OddEndpoint(listener.getsockname()[1])
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: place.names.append(name)
    served: list[threading.Thread] = []

    def serve(accepted: socket.socket) -> None:
        with suppress(OSError), accepted:
            connection = tls.wrap_socket(accepted, server_side=True) if tls is not None else accepted
            with connection:
                place.asked.append(_head(connection))
                for part in answer(place):
                    connection.sendall(part)
                    place.sent += len(part)

    def accept() -> None:
        with suppress(OSError):
            while True:
                accepted, _ = listener.accept()
                served.append(threading.Thread(target=serve, args=(accepted,), daemon=True))
                served[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield place
    finally:
        place.over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(timeout=30)
        for each in served:
            each.join(timeout=30)


def _head(connection: socket.socket) -> str:
    """The head of a request; its body is read and thrown away."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += connection.recv(65536)
    head, _, body = raw.partition(b"\r\n\r\n")
    text = head.decode()
    length = next(int(line.split(":")[1]) for line in text.splitlines() if line.lower().startswith("content-length"))
    while len(body) < length:
        body += connection.recv(65536)
    return text
