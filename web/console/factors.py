"""Adding and removing one's second factors. Each needs somebody who has just signed in."""

from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from pipeline.access.staff.factors import passkeys, totp
from pipeline.access.staff.factors.enrolled import factors_of, remake_codes
from pipeline.access.staff.factors.rules import FactorRefused
from pipeline.access.staff.rules.tries import TooManyTries
from pipeline.kernel import clock
from pipeline.kernel.errors import Forbidden, NotFound
from schemas.base import Line
from web.api.dependencies import Tools
from web.console.account import back, page
from web.console.render import render
from web.console.session import ACCOUNT, Person, just_signed_in

router = APIRouter(prefix="/account")

Fresh = Annotated[Person, Depends(just_signed_in)]


@router.post("/app")
def post_app(tools: Tools, person: Fresh) -> Response:
    """Begin to add an app."""
    _require_offered(tools)
    totp.offer(person.reviewer_id, context=tools.factor_context)
    return RedirectResponse(f"{ACCOUNT}/app", 303)


@router.get("/app")
def get_app(request: Request, tools: Tools, person: Fresh) -> Response:
    """The secret for the app, as a picture and in letters, and a field for its first code."""
    return _app(request, tools, person)


@router.post("/app/confirm")
def post_confirm(request: Request, tools: Tools, person: Fresh, code: Annotated[str, Form()] = "") -> Response:
    """The app shows codes: they are asked for from now on."""
    _require_offered(tools)
    known: dict[str, Any] = {"session_id": person.session.id, "now": clock.now(), "context": tools.factor_context}
    try:
        codes = totp.confirm(person.reviewer_id, code, **known)
    except (FactorRefused, TooManyTries) as error:
        return _app(request, tools, person, problem=str(error), status=422)
    return _added(request, tools, person, codes)


@router.post("/app/remove")
def post_remove_app(tools: Tools, person: Fresh) -> Response:
    """Ask for no codes any more."""
    totp.remove_app(person.reviewer_id, context=tools.factor_context)
    return back("factor")


@router.post("/passkeys/options")
def post_options(tools: Tools, person: Fresh) -> Response:
    """What the browser needs to make a passkey."""
    _require_offered(tools)
    given = passkeys.registration_options(
        person.reviewer_id, name=person.name, holder=_holder(person), context=tools.factor_context
    )
    return Response(given, media_type=JSONResponse.media_type)


@router.post("/passkeys")
def post_passkey(
    request: Request, tools: Tools, person: Fresh, name: Annotated[Line, Form()], passkey: Annotated[str, Form()]
) -> Response:
    """Keep a passkey that the browser has made."""
    _require_offered(tools)
    known: dict[str, Any] = {"session_id": person.session.id, "holder": _holder(person)}
    try:
        codes = passkeys.register(person.reviewer_id, passkey, name=name, context=tools.factor_context, **known)
    except FactorRefused as error:
        return page(request, tools, person, problem=str(error), status=422)
    return _added(request, tools, person, codes)


@router.post("/passkeys/{passkey_id}/remove")
def post_remove_passkey(tools: Tools, person: Fresh, passkey_id: UUID) -> Response:
    """Forget a passkey."""
    passkeys.remove_passkey(person.reviewer_id, passkey_id, context=tools.factor_context)
    return back("factor")


@router.post("/recovery-codes")
def post_codes(request: Request, tools: Tools, person: Fresh) -> Response:
    """New recovery codes in place of the former ones, shown once."""
    if not factors_of(person.reviewer_id, db=tools.db):
        raise NotFound("Recovery codes stand in for a second factor. Add an app or a passkey first.")
    return page(request, tools, person, codes=remake_codes(person.reviewer_id, db=tools.db))


def _added(request: Request, tools: Tools, person: Person, codes: tuple[str, ...]) -> Response:
    return page(request, tools, person, codes=codes, said="The second factor is added.") if codes else back("added")


def _app(request: Request, tools: Tools, person: Person, *, problem: str | None = None, status: int = 200) -> Response:
    address = totp.offered(person.reviewer_id, context=tools.factor_context)
    if address is None:
        return RedirectResponse(ACCOUNT, 303)
    (secret,) = parse_qs(urlsplit(address).query)["secret"]
    picture = segno.make(address, error="m").svg_inline(scale=4, omitsize=True, svgclass="qr", lineclass=None)
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    shown = {"picture": picture, "secret": " ".join(groups), "problem": problem}
    return render(request, "account_app.html", status=status, **shown)


def _holder(person: Person) -> str:
    return f"session:{person.session.id}"


def _require_offered(tools: Tools) -> None:
    if tools.policy.sign_in.second_factor == "off":
        raise Forbidden("Second factors are switched off here (sign_in.second_factor of the policy).")
