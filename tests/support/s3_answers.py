"""A real HTTP server before the object store. It passes requests on, and answers some in the store's place as S3 does."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from config.container import Container
from tests.support.servers import variant

_OF_ONE_CONNECTION: Final = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
_ERROR: Final = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>No.</Message></Error>'

Chosen = Callable[[str, str], bool]
"""Whether a request, by its method and its path without escapes, is answered in the store's place."""


@dataclass
class Front:
    """`refusing` and `chosen` say what is answered; `asked` are all requests, as `GET /bucket/key`."""

    status: int = 403
    code: str | None = "AccessDenied"
    chosen: Chosen = lambda _method, _path: False
    asked: list[str] = field(default_factory=list)

    def refuse(self, status: int, code: str | None, chosen: Chosen) -> None:
        """From now on answer the chosen requests with this status and code; without a code there is no body."""
        self.status, self.code, self.chosen = status, code, chosen

    def mend(self) -> None:
        self.chosen = lambda _method, _path: False

    def body(self, method: str) -> bytes:
        return b"" if self.code is None or method == "HEAD" else _ERROR.format(code=self.code).encode()


@contextmanager
def store_front(tools: Container, **settings: Any) -> Iterator[tuple[Front, Container]]:
    """A front of the object store, and tools whose storage uses it."""
    front, parts = Front(), urlsplit(tools.settings.storage_url)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(front, f"{parts.hostname}:{parts.port}"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    login = parts.netloc.rpartition("@")[0]
    url = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{server.server_port}"))
    made = variant(tools, own=("storage",), storage_url=url, **settings)
    try:
        yield front, made
    finally:
        made.storage.close()
        server.shutdown()
        server.server_close()
        thread.join(timeout=30)


def _handler(front: Front, store: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            path = unquote(self.path.partition("?")[0])
            front.asked.append(f"{self.command} {path}")
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if front.chosen(self.command, path):
                self._answer(front.status, {"Content-Type": "application/xml"}, front.body(self.command))
            else:
                self._pass_on(sent)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815  (the names that the server looks for)

        def _pass_on(self, sent: bytes) -> None:
            beyond = HTTPConnection(store, timeout=30)
            beyond.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                beyond.putheader(name, value)
            beyond.endheaders(sent or None)
            got = beyond.getresponse()
            body = got.read()
            kept = {name: value for name, value in got.getheaders() if name.lower() not in _OF_ONE_CONNECTION}
            self._answer(got.status, kept, body, length=got.getheader("Content-Length"))
            beyond.close()

        def _answer(self, status: int, headers: dict[str, str], body: bytes, *, length: str | None = None) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", length or str(len(body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
