"""Answers to people who must sign in first, sign in once more, or add a second factor: the page for it, and from there back."""

from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from pipeline.access.staff.rules.sign_in import SignInStale
from pipeline.access.staff.sessions import SignedOut
from web.console.errors import error_page
from web.console.session import ACCOUNT, SIGN_IN, FactorMissing

AGAIN: Final = "/console/sign-in/again"


def install(app: FastAPI) -> None:
    """Redirect people who are signed out to the sign-in page, and others to where they show once more who they are.

    Scripts get the error.
    """
    app.add_exception_handler(SignedOut, _signed_out)
    app.add_exception_handler(SignInStale, _stale)
    app.add_exception_handler(FactorMissing, _without_factor)


def _signed_out(request: Request, error: Exception) -> Response:
    if request.method == "GET" and "HX-Request" not in request.headers:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{SIGN_IN}?page={quote(request.url.path + query, safe='')}", 303)
    return error_page(request, 401, str(error), code=SignedOut.code)


def _stale(request: Request, error: Exception) -> Response:
    """To the page where one signs in once more; from there back to the page that was asked for, or from which a form came."""
    if "HX-Request" in request.headers:
        return error_page(request, 403, str(error), code=SignInStale.code)
    return RedirectResponse(f"{AGAIN}?page={quote(_page_of(request), safe='')}", 303)


def _without_factor(request: Request, error: Exception) -> Response:
    if request.method == "GET" and "HX-Request" not in request.headers:
        return RedirectResponse(ACCOUNT, 303)
    return error_page(request, 403, str(error), code=FactorMissing.code)


def _page_of(request: Request) -> str:
    """The page that was asked for; for a form the nearest page at or above its address, where it is shown anew."""
    root, query = str(request.scope.get("root_path", "")), request.url.query
    if request.method == "GET":
        return f"{request.url.path}?{query}" if query else request.url.path
    path = request.url.path.removeprefix(root)
    known = [each for each in iter_route_contexts(request.app.routes) if each.path and "GET" in (each.methods or ())]
    pages = [compile_path(str(each.path))[0] for each in known]
    while path and not any(page.match(path) for page in pages):
        path = path.rpartition("/")[0]
    return f"{root}{path or '/'}"
