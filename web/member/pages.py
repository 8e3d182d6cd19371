"""The member's page: one document and its static files. It reads and changes data through `/v1` only."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from config.container import Container
from pipeline.kernel.storage import origin_of
from web.api.dependencies import Tools

router = APIRouter(tags=["member's page"], include_in_schema=False)

LANGUAGE: Final = "en"
_HERE: Final = Path(__file__).parent


def install(app: FastAPI) -> None:
    """Serve the page's static files below `/member/`."""
    app.mount("/member/static", _Revalidated(directory=_HERE / "static"))


class _Revalidated(StaticFiles):
    """Files that a browser caches and revalidates each time, so that after an upgrade it never mixes old and new files."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update({"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"})
        return response


@router.get("/member/", summary="The member's page", response_class=HTMLResponse)
def get_page(tools: Tools) -> HTMLResponse:
    """The same document for every member: the ticket is in the fragment of the link, which is not sent to the server."""
    document = _page().render(
        language=LANGUAGE, words=words(LANGUAGE), member_centre_url=tools.settings.member_centre_url
    )
    return HTMLResponse(document, headers=headers_of(tools))


def headers_of(tools: Container) -> dict[str, str]:
    """The page may load from and call only this address, the object store and the public pictures."""
    settings = tools.settings
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' data: {origin_of(settings.public_base)}",
        "connect-src": f"'self' {tools.storage.outside}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": f"'self' {origin_of(settings.member_centre_url)}",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


@cache
def words(language: str) -> dict[str, Any]:
    """The sentences of the page by name."""
    found: dict[str, Any] = json.loads((_HERE / "words" / f"{language}.json").read_text(encoding="utf-8"))
    return found


@cache
def _page() -> Any:
    loader = PackageLoader("web.member", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("page.html")
