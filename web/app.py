"""The web process: upstream's API and the reviewers' API. Synchronous handlers on a pool of threads."""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline

from config.container import Container
from pipeline.ids import new_id
from web import health, problems, public
from web.api import account, mail_events, membership, points, review, submissions, subscriptions, webhooks
from web.api.seats import Seats
from web.console.app import PREFIX, create_console

log = structlog.get_logger()

CORRELATION_HEADER: Final = "X-Correlation-ID"
_SAFE: Final = re.compile(r"[A-Za-z0-9._:@-]{1,100}")
_DESCRIPTION: Final = (
    "Takes members' avatars and verification materials through inspection and human review to a result."
)


def create_app(tools: Container) -> FastAPI:
    """The application over one container, which it closes at the end. Its documentation loads nothing from third parties."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        tools.close()

    app = FastAPIOffline(redoc_url=None, title="Proofdesk", version="1", description=_DESCRIPTION, lifespan=lifespan)
    app.state.tools = tools
    app.state.seats = Seats(tools.settings.intake_at_once)
    app.middleware("http")(_logged)
    problems.install(app)
    ours = (submissions, membership, account, points, subscriptions, mail_events, webhooks, review, health, public)
    for routes in ours:
        app.include_router(routes.router)
    app.mount(PREFIX, create_console(tools))
    return app


async def _logged(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Give the request its correlation id and write one line when it is answered."""
    given = request.headers.get(CORRELATION_HEADER, "")
    trace = given if _SAFE.fullmatch(given) else str(new_id())
    request.state.correlation_id = trace
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(correlation_id=trace)
    began = time.monotonic()
    response = await call_next(request)
    response.headers[CORRELATION_HEADER] = trace
    quiet = request.url.path in {"/healthz", "/readyz"}
    milliseconds = round((time.monotonic() - began) * 1000, 1)
    line = {
        "method": request.method,
        "path": request.url.path,
        "status": response.status_code,
        "milliseconds": milliseconds,
    }
    (log.debug if quiet else log.info)("request.answered", **line)
    return response
