import calendar
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.access.api_keys import Scope, create_key, list_keys, revoke_key
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, Problem
from schemas.base import Line
from web.api.dependencies import Tools
from web.console.render import render
from web.console.session import Person, fresh, needs

router = APIRouter()

KeyKeeper = Annotated[Person, Depends(fresh(Right.KEYS))]
_OF_SERVICES: Final = tuple(scope for scope in Scope if scope is not Scope.REVIEW)


@router.get("/keys")
def get_keys(request: Request, tools: Tools, _person: KeyKeeper) -> Response:
    """Every key, without its secret."""
    return _page(request, tools)


@router.post("/keys")
def post_keys(
    request: Request,
    tools: Tools,
    person: KeyKeeper,
    name: Annotated[Line, Form()],
    scopes: Annotated[list[Scope] | None, Form()] = None,
) -> Response:
    """Make a key for a service and show it, once. A key that speaks for a person is made by that person (`account`)."""
    _, key = create_key(name, _for_a_service(scopes), reviewer_id=None, actor=person.reviewer_id, db=tools.db)
    return _page(request, tools, key=key)


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
        scopes=_OF_SERVICES,
        key=key,
        now=clock.now(),
    )


def _for_a_service(scopes: list[Scope] | None) -> list[Scope]:
    """The scopes of a new key. Raises Invalid."""
    if not scopes:
        raise Invalid([Problem("scopes", "missing_field", "Choose at least one scope.")])
    if Scope.REVIEW in scopes:
        message = "A key for reviewing speaks for one person, who makes it under Your account."
        raise Invalid([Problem("scopes", "made_by_its_person", message)])
    return scopes
