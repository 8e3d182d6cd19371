"""The web process: the API, the console and the member's page. Synchronous handlers run in a pool of threads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline
from starlette.types import Lifespan

from config.container import Container
from config.settings import Settings
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
    test_mode,
    webhooks,
)
from web.api.concurrency import IntakeLimit
from web.api.query import KNOWN_QUERY
from web.console.app import PREFIX, create_console
from web.edge.bodies import Places
from web.edge.callers import Callers
from web.edge.door import Door
from web.health import Readiness
from web.logged import CORRELATION_HEADER, Logged
from web.member import pages as member

_DESCRIPTION: Final = "Members' avatars and verification materials are inspected, reviewed by people, and decided."

_ROUTES: Final = APIRouter()
"""Every route of the API and of the member's page. They know no container, so they are built once for the process."""
for _each in (
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
    test_mode,
    keys,
    review,
    avatars,
    health,
    member,
):
    _ROUTES.include_router(_each.router, dependencies=[KNOWN_QUERY])


def create_app(tools: Container) -> FastAPI:
    """The application over one container, which it closes at the end. Its documentation page loads nothing from third parties."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        tools.close()

    settings = tools.settings
    places = Places(settings.bodies_at_once, seconds=settings.body_seconds)
    app = _application(settings, lifespan)
    app.state.tools = tools
    app.state.readiness = Readiness(tools)
    app.state.intake_limit = IntakeLimit(settings.intake_at_once)
    app.add_middleware(Door, keeper=Callers(tools), places=places, mine=_not_the_console)
    app.add_middleware(Logged)
    _allow_member_centre(app, tools)
    problems.install(app)
    app.router.routes.extend(_ROUTES.routes)
    member.install(app)
    openapi.install(app)
    app.mount(PREFIX, create_console(tools, places))
    return app


def _application(settings: Settings, lifespan: Lifespan[FastAPI]) -> FastAPI:
    """An application with pages for its own documentation, or without, as the settings say."""
    given: dict[str, Any] = {"title": "Proofdesk", "version": "1", "description": _DESCRIPTION, "lifespan": lifespan}
    if settings.shows_api_docs:
        return FastAPIOffline(redoc_url=None, **given)
    return FastAPI(openapi_url=None, docs_url=None, redoc_url=None, **given)


def _not_the_console(path: str) -> bool:
    """The console has a door of its own, whose answers are pages."""
    return not path.startswith(f"{PREFIX}/")


def _allow_member_centre(app: FastAPI, tools: Container) -> None:
    """The member centre may have a page of its own in place of ours. It sends a credential; cookies are not accepted."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[origin_of(tools.settings.member_centre_url)],
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", CORRELATION_HEADER],
        expose_headers=["ETag", "Location", "Retry-After", CORRELATION_HEADER],
    )
