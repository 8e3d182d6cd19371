"""The web process: the API, the console and the member's page. Synchronous handlers run in a pool of threads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline

from config.container import Container
from pipeline.kernel.storage import origin_of
from web import health, openapi, problems
from web.api import (
    account,
    avatars,
    corrections,
    erasure,
    keys,
    mail_events,
    membership,
    points,
    review,
    sessions,
    submissions,
    subscriptions,
    webhooks,
)
from web.api.concurrency import IntakeLimit
from web.console.app import PREFIX, create_console
from web.logged import CORRELATION_HEADER, Logged
from web.member import pages as member

_DESCRIPTION: Final = "Members' avatars and verification materials are inspected, reviewed by people, and decided."


def create_app(tools: Container) -> FastAPI:
    """The application over one container, which it closes at the end. Its documentation page loads nothing from third parties."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        tools.close()

    app = FastAPIOffline(redoc_url=None, title="Proofdesk", version="1", description=_DESCRIPTION, lifespan=lifespan)
    app.state.tools = tools
    app.state.intake_limit = IntakeLimit(tools.settings.intake_at_once)
    app.add_middleware(Logged)
    _allow_member_centre(app, tools)
    problems.install(app)
    routers = (
        submissions,
        sessions,
        membership,
        corrections,
        erasure,
        account,
        points,
        subscriptions,
        mail_events,
        webhooks,
        keys,
        review,
        avatars,
        health,
    )
    for routes in routers:
        app.include_router(routes.router)
    member.install(app)
    openapi.install(app)
    app.mount(PREFIX, create_console(tools))
    return app


def _allow_member_centre(app: FastAPI, tools: Container) -> None:
    """The member centre may have a page of its own in place of ours. It sends a credential; cookies are not accepted."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[origin_of(tools.settings.member_centre_url)],
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", CORRELATION_HEADER],
        expose_headers=["ETag", "Location", "Retry-After", CORRELATION_HEADER],
    )
