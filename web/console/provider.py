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
from web.console.arrival import origin_of, remember_arrival
from web.console.session import cookie_name, delete_cookie, session_token, set_cookie

router = APIRouter(prefix="/sign-in/provider")

HOME: Final = "/console/"


@router.get("")
def get_provider(tools: Tools, page: str = "", again: str = "") -> Response:
    """Send the browser to the provider, with a cookie that ties the answer to this browser. `again`: the provider asks anew."""
    context = _context(tools)
    address, state = oidc_login.begin_login(own_page(page, default=HOME), context=context, again=bool(again))
    answer = RedirectResponse(address, 303)
    set_cookie(answer, _cookie(tools), state, tools=tools, seconds=int(LOGIN_TIME.total_seconds()))
    return answer


@router.get("/back")
def get_back(request: Request, tools: Tools, state: str = "", code: str = "") -> Response:
    """Sign in the person whom the provider sends back. Without a code, the provider has refused them."""
    context = _context(tools)
    if not hmac.compare_digest(request.cookies.get(_cookie(tools), "").encode(), state.encode()) or not state:
        raise ProviderRefused("You started to sign in with another browser, or too long ago. Sign in again.")
    if not code:
        raise ProviderRefused("The identity provider did not let you in. Sign in again, or ask an administrator.")
    arrival = oidc_login.finish_login(state, code, context=context, origin=origin_of(request))
    sessions.end(session_token(request, tools), db=tools.db)
    answer = RedirectResponse(arrival.page, 303)
    remember_arrival(request, answer, arrival.token, tools=tools)
    delete_cookie(answer, _cookie(tools), tools=tools)
    return answer


def provider_link(tools: Container, page: str) -> str | None:
    """The address at which signing in with the provider starts; None without a provider."""
    return f"/console/sign-in/provider?page={quote(page, safe='')}" if tools.oidc_context is not None else None


def _context(tools: Container) -> OidcContext:
    if tools.oidc_context is None:
        raise NotFound("No identity provider is set up here. Sign in with your password.")
    return tools.oidc_context


def _cookie(tools: Container) -> str:
    return f"{cookie_name(tools)}-visit"
