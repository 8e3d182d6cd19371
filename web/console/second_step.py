"""The second factor after the password, and the page on which somebody who is signed in shows once more who they are."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from pipeline.access.staff import sessions
from pipeline.access.staff.factors.enrolled import factors_of
from pipeline.access.staff.factors.passkeys import request_options
from pipeline.access.staff.factors.rules import FactorRefused
from pipeline.access.staff.factors.second_step import (
    Shown,
    StepGone,
    finish,
    needs_factor,
    proved_again,
    show,
    step_of,
)
from pipeline.access.staff.rules.sign_in import SignInRefused, own_page
from pipeline.access.staff.rules.tries import TooManyTries
from pipeline.access.staff.sign_in import check_password
from pipeline.kernel import clock
from pipeline.kernel.errors import PermanentError
from web.api.dependencies import Tools
from web.console.arrival import remember_arrival, step_cookie
from web.console.provider import HOME, provider_link
from web.console.render import render
from web.console.session import SIGN_IN, Enrolling, Person, session_token
from web.edge.strangers import address_of

router = APIRouter(prefix="/sign-in")

Text = Annotated[str, Form()]


@router.get("/second")
def get_second(request: Request, tools: Tools, page: str = "") -> Response:
    """The form for the code."""
    return _second(request, tools, page=page)


@router.post("/second")
def post_second(request: Request, tools: Tools, code: Text = "", passkey: Text = "", page: Text = "") -> Response:
    """Sign in with a second factor."""
    try:
        token = finish(_step(request, tools), _shown(code, passkey), now=clock.now(), context=tools.factor_context)
    except (FactorRefused, TooManyTries) as error:
        return _second(request, tools, page=page, error=error)
    except StepGone:
        return RedirectResponse(SIGN_IN, 303)
    sessions.end(session_token(request, tools), db=tools.db)
    answer = RedirectResponse(own_page(page, default=HOME), 303)
    remember_arrival(request, answer, token, tools=tools)
    return answer


@router.post("/second/passkey")
def post_second_options(request: Request, tools: Tools) -> Response:
    """What the browser needs to show a passkey."""
    step = step_of(_step(request, tools), context=tools.factor_context)
    return _options(request_options(step.reviewer_id, holder=step.holder, context=tools.factor_context))


@router.get("/again")
def get_again(request: Request, tools: Tools, person: Enrolling, page: str = "") -> Response:
    """The form in which somebody who is signed in shows who they are."""
    return _again(request, tools, person, page=page)


@router.post("/again")
def post_again(
    request: Request,
    tools: Tools,
    person: Enrolling,
    password: Text = "",
    code: Text = "",
    passkey: Text = "",
    page: Text = "",
) -> Response:
    """Go on to the page that was asked for. A passkey is enough; else the password, and a code where there is a second factor."""
    try:
        factor = _proved(request, tools, person, password=password, shown=_shown(code, passkey))
    except (SignInRefused, TooManyTries) as error:
        return _again(request, tools, person, page=page, error=error)
    proved_again(person.session, factor=factor, context=tools.factor_context)
    return RedirectResponse(own_page(page, default=HOME), 303)


@router.post("/again/passkey")
def post_again_options(tools: Tools, person: Enrolling) -> Response:
    """What the browser needs to show a passkey."""
    return _options(request_options(person.reviewer_id, holder=_holder(person), context=tools.factor_context))


def _proved(request: Request, tools: Tools, person: Person, *, password: str, shown: Shown) -> str | None:
    now, context = clock.now(), tools.factor_context
    if shown.passkey is None:
        check_password(
            person.reviewer_id, password, address=address_of(request.scope), now=now, context=tools.sign_in_context
        )
        if not needs_factor(person.reviewer_id, context=context):
            return None
    return show(person.reviewer_id, shown, holder=_holder(person), now=now, context=context)


def _shown(code: str, passkey: str) -> Shown:
    return Shown(passkey=passkey) if passkey else Shown(code=code)


def _holder(person: Person) -> str:
    return f"session:{person.session.id}"


def _step(request: Request, tools: Tools) -> str | None:
    return request.cookies.get(step_cookie(tools))


def _options(options: str) -> Response:
    return Response(options, media_type=JSONResponse.media_type)


def _second(request: Request, tools: Tools, *, page: str, error: PermanentError | None = None) -> Response:
    try:
        step = step_of(_step(request, tools), context=tools.factor_context)
    except StepGone:
        return RedirectResponse(SIGN_IN, 303)
    return _form(request, "sign_in_second.html", step.reviewer_id, tools, page=page, error=error)


def _again(
    request: Request, tools: Tools, person: Person, *, page: str, error: PermanentError | None = None
) -> Response:
    link = provider_link(tools, page)
    known = {"provider": f"{link}&again=1" if link else None}
    return _form(request, "sign_in_again.html", person.reviewer_id, tools, page=page, error=error, **known)


def _status(error: PermanentError) -> int:
    """Nobody is asked to sign in elsewhere: this is the page."""
    return 429 if isinstance(error, TooManyTries) else 422


def _form(
    request: Request,
    template: str,
    reviewer_id: str,
    tools: Tools,
    *,
    page: str,
    error: PermanentError | None,
    **known: Any,
) -> Response:
    asked = needs_factor(reviewer_id, context=tools.factor_context)
    answer = render(
        request,
        template,
        status=_status(error) if error else 200,
        page=own_page(page, default=HOME),
        factors=factors_of(reviewer_id, db=tools.db) if asked else None,
        problem=str(error) if error else None,
        **known,
    )
    if isinstance(error, TooManyTries):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer
