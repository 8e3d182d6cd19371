"""Sign in by an identity provider, where the settings name one: out to it, and back."""

import hmac
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from config.container import Container
from pipeline.access.staff import oidc_login, sessions
from pipeline.access.staff.oidc_client import ProviderRefused
from pipeline.access.staff.oidc_login import LOGIN_TIME, OidcContext
from pipeline.access.staff.rules.sign_in import own_page
from pipeline.kernel.errors import NotFound
from web.api.dependencies import Tools
from web.console.session import cookie_name, is_https, remember, session_token

router = APIRouter(prefix="/sign-in/provider")

HOME: Final = "/console/"


@router.get("")
def get_provider(tools: Tools, page: str = "") -> Response:
    """Send the browser to the provider. It keeps a secret of this visit, without which nobody can end the visit for it."""
    address, state = oidc_login.begin_login(own_page(page, default=HOME), context=_context(tools))
    answer = RedirectResponse(address, 303)
    seconds = int(LOGIN_TIME.total_seconds())
    answer.set_cookie(
        _cookie(tools), state, max_age=seconds, path="/", secure=is_https(tools), httponly=True, samesite="lax"
    )
    return answer


@router.get("/back")
def get_back(request: Request, tools: Tools, state: str = "", code: str = "") -> Response:
    """Let in who comes back. Without a code the provider did not let them in."""
    context = _context(tools)
    if not hmac.compare_digest(request.cookies.get(_cookie(tools), "").encode(), state.encode()) or not state:
        raise ProviderRefused("Signing in was begun in another browser, or too long ago. Sign in once more.")
    if not code:
        raise ProviderRefused("The identity provider did not let you in. Sign in once more, or ask an administrator.")
    arrival = oidc_login.finish_login(state, code, context=context)
    sessions.end(session_token(request, tools), db=tools.db)
    answer = RedirectResponse(arrival.page, 303)
    remember(answer, arrival.token, tools=tools)
    answer.delete_cookie(_cookie(tools), path="/", secure=is_https(tools), httponly=True, samesite="lax")
    return answer


def provider_link(tools: Container, page: str) -> str | None:
    """Where signing in by the provider begins; None where there is none."""
    return f"/console/sign-in/provider?page={quote(page, safe='')}" if tools.oidc_context is not None else None


def _context(tools: Container) -> OidcContext:
    if tools.oidc_context is None:
        raise NotFound("No identity provider is set up here. Sign in with your password.")
    return tools.oidc_context


def _cookie(tools: Container) -> str:
    return f"{cookie_name(tools)}-visit"
