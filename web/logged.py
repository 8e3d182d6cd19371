"""One log line for each request, and the correlation id that its log lines and tasks share."""

import re
import time
from collections.abc import Mapping
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.kernel.ids import new_id
from pipeline.kernel.rate_limits import Allowance
from pipeline.kernel.rules.hidden import hidden_in_path

log = structlog.get_logger()

CORRELATION_HEADER: Final = "X-Correlation-ID"
_SAFE: Final = re.compile(r"[A-Za-z0-9._:@-]{1,100}")
_QUIET: Final = frozenset({"/healthz", "/readyz"})


class Logged:
    """Gives each request its correlation id and writes one line when its answer begins.

    Plain ASGI: Starlette's `BaseHTTPMiddleware` runs the rest of the application in a task of its own, with streams between,
    for each request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; what is no HTTP request passes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(CORRELATION_HEADER, "")
        trace = given if _SAFE.fullmatch(given) else str(new_id())
        state = scope.setdefault("state", {})
        state["correlation_id"] = trace
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation_id=trace)
        began = time.monotonic()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[CORRELATION_HEADER] = trace
                headers.update(_limit_headers(state.get("allowance")))
                _log(scope, message["status"], time.monotonic() - began)
            await send(message)

        await self._app(scope, receive, answer)


def _log(scope: Scope, status: int, seconds: float) -> None:
    line = {
        "method": scope["method"],
        "path": hidden_in_path(scope["path"]),
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
    }
    (log.debug if scope["path"] in _QUIET else log.info)("request.answered", **line)


def _limit_headers(allowance: Allowance | None) -> Mapping[str, str]:
    """The rate limit of the caller and what is left of it (draft-ietf-httpapi-ratelimit-headers)."""
    if allowance is None:
        return {}
    return {
        "RateLimit-Policy": f'"{allowance.by}";q={allowance.limit};w={allowance.window_seconds}',
        "RateLimit": f'"{allowance.by}";r={allowance.left};t={allowance.seconds}',
    }
