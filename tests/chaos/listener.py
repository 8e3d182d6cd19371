"""An endpoint of another service that is told of everything, and remembers in which order."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from uuid import UUID

from config.container import Container
from pipeline.events.webhooks import endpoints
from schemas.events import EndpointRequest


class Telling(NamedTuple):
    """One request that was answered: which event, of what type and whom, and when (seconds since the epoch)."""

    event_id: str
    type: str
    member_id: str
    at: float


@dataclass
class Listener:
    """Answers at once while `answers` is set; else it takes a request and says nothing until it is set."""

    url: str = ""
    endpoint_id: UUID | None = None
    answers: threading.Event = field(default_factory=threading.Event)
    told: list[Telling] = field(default_factory=list)

    def register(self, tools: Container) -> None:
        """Be told of every event from now on. Raises DatabaseUnavailable."""
        self.endpoint_id = endpoints.add(EndpointRequest(url=self.url), db=tools.db, sealer=tools.sealer).endpoint_id


@contextmanager
def listener(*, answers: bool = True) -> Iterator[Listener]:
    """On a free port of this machine, in threads of its own."""
    place = Listener()
    if answers:
        place.answers.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            place.answers.wait()
            place.told.append(_telling(self.headers["webhook-id"], body))
            with suppress(OSError):  # who waited too long has left
                self.send_response(204)
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads, block_on_close, request_queue_size = True, False, 128

    server = Server(("127.0.0.1", 0), Handler)
    place.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, name="listener", daemon=True)
    thread.start()
    try:
        yield place
    finally:
        place.answers.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=30)


def _telling(event_id: str, body: dict[str, Any]) -> Telling:
    return Telling(event_id, str(body["type"]), str(body["data"].get("member_id")), time.time())
