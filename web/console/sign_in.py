from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.access.staff import sessions
from pipeline.access.staff import sign_in as doors
from pipeline.access.staff.rules.sign_in import SignInRefused, own_page
from pipeline.access.staff.rules.tries import TooManyTries
from pipeline.access.staff.sessions import SignedOut, session_of
from pipeline.kernel import clock
from pipeline.kernel.errors import PermanentError
from web.api.dependencies import Tools
from web.console.arrival import origin_of, remember_arrival
from web.console.provider import HOME, provider_link
from web.console.render import render
from web.console.session import SIGN_IN, Enrolling, forget, session_token
from web.edge.strangers import address_of
from web.problems import status_of

router = APIRouter()


@router.get("/sign-in")
def get_sign_in(
    request: Request, tools: Tools, page: str = "", name: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """The form, with the name filled in where a link gives it. Who is signed in already is redirected to the page."""
    try:
        session_of(session_token(request, tools), db=tools.db, rules=tools.policy.sign_in)
    except SignedOut:
        return _form(request, tools, page=page, name=name)
    return RedirectResponse(own_page(page, default=HOME), 303)


@router.post("/sign-in")
def post_sign_in(
    request: Request,
    tools: Tools,
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    page: Annotated[str, Form()] = "",
) -> Response:
    """Start a new session, and end the one that this browser had."""
    try:
        token = doors.sign_in(
            name,
            password,
            address=address_of(request.scope),
            now=clock.now(),
            context=tools.sign_in_context,
            device=getattr(request.state, "device", None),
            user_agent=origin_of(request).user_agent,
        )
    except (SignInRefused, TooManyTries) as error:
        return _form(request, tools, page=page, name=name, error=error)
    sessions.end(session_token(request, tools), db=tools.db)
    answer = RedirectResponse(own_page(page, default=HOME), 303)
    remember_arrival(request, answer, token, tools=tools)
    return answer


@router.post("/sign-out")
def post_sign_out(request: Request, tools: Tools, _person: Enrolling) -> Response:
    """End this browser's session."""
    sessions.end(session_token(request, tools), db=tools.db)
    answer = RedirectResponse(f"{SIGN_IN}?left=1", 303)
    forget(answer, tools=tools)
    return answer


def _form(
    request: Request, tools: Tools, *, page: str, name: str = "", error: PermanentError | None = None
) -> Response:
    answer = render(
        request,
        "sign_in.html",
        status=status_of(error) if error else 200,
        page=own_page(page, default=HOME),
        name=name,
        problem=str(error) if error else None,
        left="left" in request.query_params,
        provider=provider_link(tools, page),
    )
    if isinstance(error, TooManyTries):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer
