import calendar
from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.access.api_keys import create_key, list_keys, revoke_key
from pipeline.access.key_rotation import Rotator, rotate_key
from pipeline.access.rules.keys import OF_A_TEST, Bounds
from pipeline.access.rules.scopes import BUNDLES, Scope
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, Problem
from schemas.base import Line
from web.api.dependencies import Tools
from web.console.render import render
from web.console.session import Person, fresh, needs

router = APIRouter()

KeyKeeper = Annotated[Person, Depends(fresh(Right.KEYS))]
REVIEW: Final = "review"
_OF_SERVICES: Final = tuple(scope for scope in Scope if scope.resource != REVIEW)


@router.get("/keys")
def get_keys(request: Request, tools: Tools, _person: KeyKeeper) -> Response:
    """Every key, without its secret."""
    return _page(request, tools)


def _bounds(
    service: Annotated[str, Form(max_length=200)] = "",
    members_prefix: Annotated[str, Form(max_length=200)] = "",
    days: Annotated[int | None, Form(ge=1, le=3650)] = None,
    test: Annotated[bool, Form()] = False,  # noqa: FBT002  (a field of a form)
) -> Bounds:
    lasts = timedelta(days=days) if days is not None else None
    return Bounds(service.strip() or None, members_prefix.strip() or None, lasts, test)


@router.post("/keys")
def post_keys(
    request: Request,
    tools: Tools,
    person: KeyKeeper,
    bounds: Annotated[Bounds, Depends(_bounds)],
    name: Annotated[Line, Form()],
    scopes: Annotated[list[Scope] | None, Form()] = None,
) -> Response:
    """Make a key for a service and show it, once. A key that speaks for a person is made by that person (`account`)."""
    wanted = _for_a_service(scopes or (list(OF_A_TEST) if bounds.test else []))
    _, key = create_key(name, wanted, reviewer_id=None, actor=person.reviewer_id, bounds=bounds, db=tools.db)
    return _page(request, tools, key=key)


@router.post("/keys/{key_id}/rotate")
def post_rotation(
    request: Request,
    tools: Tools,
    person: KeyKeeper,
    key_id: UUID,
    overlap_hours: Annotated[int | None, Form(ge=0, le=87_600)] = None,
) -> Response:
    """Make a successor and show it, once. The present key stays valid for the overlap."""
    overlap = None if overlap_hours is None else timedelta(hours=overlap_hours)
    by = Rotator(person.reviewer_id, is_person=True)
    made = rotate_key(key_id, overlap=overlap, by=by, rules=tools.policy.api_keys, db=tools.db)
    return _page(request, tools, key=made.key)


@router.post("/keys/{key_id}/revoke")
def post_revoke(tools: Tools, person: KeyKeeper, key_id: UUID) -> Response:
    """Revoke a key: it is refused from now on."""
    revoke_key(key_id, actor=person.reviewer_id, db=tools.db)
    return RedirectResponse("/console/keys", 303)


@router.get("/policy")
def get_policy(request: Request, tools: Tools, _person: Annotated[Person, Depends(needs(Right.POLICY))]) -> Response:
    """The policy that is in force, by section."""
    whole: dict[str, Any] = tools.policy.model_dump(mode="json")
    sections = {name: value for name, value in whole.items() if name not in {"version", "edition"}}
    sections["clock"]["working_weekdays"] = [calendar.day_name[day] for day in tools.policy.clock.working_weekdays]
    return render(request, "policy.html", version=tools.policy.version, sections=sections)


def _page(request: Request, tools: Tools, *, key: str | None = None) -> Response:
    return render(
        request,
        "api_keys.html",
        keys=list_keys(db=tools.db),
        bundles=[scope for scope in _OF_SERVICES if scope in BUNDLES],
        scopes=[scope for scope in _OF_SERVICES if scope not in BUNDLES],
        rules=tools.policy.api_keys,
        key=key,
        now=clock.now(),
    )


def _for_a_service(scopes: list[Scope]) -> list[Scope]:
    """The scopes of a new key. Raises Invalid where one is for reviewing."""
    if any(scope.resource == REVIEW for scope in scopes):
        message = "A key for reviewing speaks for one person, who makes it under Your account."
        raise Invalid([Problem("scopes", "made_by_its_person", message)])
    return scopes
