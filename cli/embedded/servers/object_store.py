"""Run as a module: nanio's S3 server with CORS, so that a browser may put a file there.

It also obeys `If-None-Match: *`, as Amazon S3 does and nanio does not: a PUT is refused where there is an object.

nanio refuses a browser's OPTIONS request, since it has no signature. Every origin is allowed here: the signature of each presigned
link decides what may be put.
"""

import argparse
from pathlib import Path
from typing import Any, Final

import uvicorn
from nanio.app import build_app
from nanio.app_state import get_storage
from nanio.auth.credentials import EnvCredentialResolver
from nanio.config import Settings
from nanio.errors import PreconditionFailed, S3Error
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

SECONDS_REMEMBERED: Final = 600


class BeingPut(S3Error):  # type: ignore[misc]  # nanio has no types
    """Another PUT to the same key is under way."""

    code = "ConditionalRequestConflict"
    message = "Another request for this object is under way."
    http_status = 409


class PutOnce:
    """Refuses a conditional PUT where an object is there (412), or is being put (409). Who asks has been checked before."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no conditional PUT."""
        if scope["type"] != "http" or scope["method"] != "PUT" or Headers(scope=scope).get("if-none-match") != "*":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        refusal = self._refusal(scope, path)
        if refusal is not None:
            await Response(refusal.to_xml(), refusal.http_status, media_type="application/xml")(scope, receive, send)
            return
        self._under_way.add(path)
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way.discard(path)

    def _refusal(self, scope: Scope, path: str) -> Any:
        if path in self._under_way:
            return BeingPut()
        bucket, _, key = path.lstrip("/").partition("/")
        try:
            get_storage(Request(scope)).head_object(bucket, key)
        except S3Error:
            return None
        return PreconditionFailed()


def store(folder: Path) -> CORSMiddleware:
    """The server over one folder; nanio reads its two keys from the environment."""
    app: Any = build_app(Settings(data_dir=folder, credentials=EnvCredentialResolver()))
    app.user_middleware.append(Middleware(PutOnce))  # the innermost: after the check of the signature
    return CORSMiddleware(
        app,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "PUT"],
        allow_headers=["*"],
        expose_headers=["ETag"],
        max_age=SECONDS_REMEMBERED,
    )


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    uvicorn.run(store(given.folder.resolve()), host=given.host, port=given.port, access_log=False)


if __name__ == "__main__":
    main()
