"""The web process: upstream's API and the reviewers' API. Synchronous handlers on a pool of threads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline

from config.container import Container
from pipeline.kernel.urls import origin_of
from web import health, openapi, problems
from web.api import (
    account,
    avatars,
    corrections,
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
    app.state.intake_limit = IntakeLimit(tools.settings.intake_at_once)
    app.add_middleware(Logged)
    _let_the_member_centre_call(app, tools)
    problems.install(app)
    ours = (
        submissions,
        sessions,
        membership,
        corrections,
        account,
        points,
        subscriptions,
        mail_events,
        webhooks,
        review,
        avatars,
        health,
    )
    for routes in ours:
        app.include_router(routes.router)
    member.install(app)
    openapi.install(app)
    app.mount(PREFIX, create_console(tools))
    return app


def _let_the_member_centre_call(app: FastAPI, tools: Container) -> None:
    """A page of the member centre's own may take the place of ours. It has a credential and no cookie: none is ever taken."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[origin_of(tools.settings.member_centre_url)],
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", CORRELATION_HEADER],
        expose_headers=["ETag", "Location", "Retry-After", CORRELATION_HEADER],
    )
