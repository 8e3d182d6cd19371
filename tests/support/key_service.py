"""A key service that speaks AWS KMS's protocol, as far as we use it."""

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class KeyService:
    """What it wrapped, by what it answered; `asked` are the names of the calls. `away` lets it fail."""

    url: str = ""
    away: bool = False
    asked: list[str] = field(default_factory=list)
    wrapped: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def answer(self, call: str, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.asked.append(call)
        if self.away:
            return 400, {"__type": "KMSInternalException"}
        if call == "Encrypt":
            blob = base64.b64encode(secrets.token_bytes(40)).decode()
            self.wrapped[blob] = (said["KeyId"], said["EncryptionContext"], said["Plaintext"])
            return 200, {"CiphertextBlob": blob, "KeyId": said["KeyId"]}
        key, context, plain = self.wrapped.get(said["CiphertextBlob"], (None, None, None))
        if (key, context) != (said["KeyId"], said["EncryptionContext"]):
            return 400, {"__type": "InvalidCiphertextException"}
        return 200, {"Plaintext": plain, "KeyId": key}


@contextmanager
def serving() -> Iterator[KeyService]:
    """A key service on a free port of this machine."""
    service = KeyService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = service.answer(self.headers["X-Amz-Target"].removeprefix("TrentService."), said)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=30)
