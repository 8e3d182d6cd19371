"""What a browser keeps after a first factor: the cookie of a session, or of a second step, which leads it there."""

from typing import Final
from urllib.parse import quote

from fastapi import Request, Response

from config.container import Container
from pipeline.access.staff.factors.second_step import STEP_TIME, is_second_step
from pipeline.access.staff.sessions import Origin
from web.console.session import cookie_name, delete_cookie, remember, set_cookie
from web.edge.strangers import address_of

SECOND: Final = "/console/sign-in/second"
_LONGEST_AGENT: Final = 300


def remember_arrival(request: Request, response: Response, token: str, *, tools: Container) -> None:
    """Set the cookie of a new session; or that of a second step, which takes the browser there first."""
    if not is_second_step(token):
        remember(request, response, token, tools=tools)
        delete_cookie(response, step_cookie(tools), tools=tools)
        return
    delete_cookie(response, cookie_name(tools), tools=tools)
    set_cookie(response, step_cookie(tools), token, tools=tools, seconds=int(STEP_TIME.total_seconds()))
    response.headers["Location"] = f"{SECOND}?page={quote(response.headers.get('Location', ''), safe='')}"


def origin_of(request: Request) -> Origin:
    """The browser of a request, as the list of sessions shows it."""
    return Origin(request.headers.get("User-Agent", "")[:_LONGEST_AGENT] or None, address_of(request.scope) or None)


def step_cookie(tools: Container) -> str:
    """The name of the cookie of a second step."""
    return f"{cookie_name(tools)}-step"
