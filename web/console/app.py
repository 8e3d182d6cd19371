"""The reviewers' console: an application of its own under `/console`, whose errors are pages."""

from typing import Final

from fastapi import APIRouter, Depends, FastAPI, Response

from config.container import Container
from pipeline.kernel.errors import NotFound
from pipeline.kernel.storage import IMMUTABLE
from web.console import (
    account,
    adjudication,
    administration,
    case_actions,
    cases,
    conflict,
    corrections,
    erasure,
    errors,
    factors,
    invitation,
    mail_preview,
    numbers,
    people,
    pictures,
    preferences,
    provider,
    queues,
    redaction,
    relations,
    second_step,
    sign_in,
    sign_in_needed,
)
from web.console.assets import asset
from web.console.guard import Guarded
from web.console.origin import from_our_pages
from web.edge.bodies import Places
from web.edge.console import Visitors
from web.edge.door import Door

PREFIX: Final = "/console"


def create_console(tools: Container, places: Places) -> FastAPI:
    """The console over one container. Forms take their places among the process's other bodies."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.tools = tools
    app.add_middleware(Door, keeper=Visitors(tools), places=places, mine=_everything)
    app.add_middleware(Guarded)
    errors.install(app)
    conflict.install(app)
    sign_in_needed.install(app)
    app.router.routes.extend(_PAGES.routes)
    return app


def _everything(_path: str) -> bool:
    return True


async def get_static(name: str) -> Response:
    """A stylesheet or script. Its name changes with its content, so it is cached for ever."""
    found = asset(name)
    if found is None:
        raise NotFound("There is no such file.")
    return Response(found.body, media_type=found.media_type, headers={"Cache-Control": IMMUTABLE})


_PAGES: Final = APIRouter(dependencies=[Depends(from_our_pages)])
"""Every page. They know no container, so they are built once for the process."""
_PAGES.add_api_route("/static/{name}", get_static, methods=["GET"])
for _each in (
    sign_in,
    second_step,
    provider,
    invitation,
    preferences,
    account,
    factors,
    relations,
    people,
    administration,
    erasure,
    queues,
    cases,
    pictures,
    case_actions,
    mail_preview,
    redaction,
    corrections,
    numbers,
    adjudication,
):
    _PAGES.include_router(_each.router)
