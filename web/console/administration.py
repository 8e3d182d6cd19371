import calendar
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.access.api_keys import Scope, create_key, list_keys, revoke_key
from pipeline.access.staff.accounts import list_people
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, Problem
from schemas.base import Line
from web.api.dependencies import Tools
from web.console.render import render
from web.console.session import Person, needs

router = APIRouter()

KeyKeeper = Annotated[Person, Depends(needs(Right.KEYS))]


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
    reviewer: Annotated[str, Form()] = "",
) -> Response:
    """Make a key and show it, once."""
    speaks_for = _speaker(scopes or [], reviewer, known=_reviewers(tools))
    _, key = create_key(name, scopes or [], reviewer_id=speaks_for, actor=person.reviewer_id, db=tools.db)
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
        scopes=list(Scope),
        reviewers=_reviewers(tools),
        key=key,
        now=clock.now(),
    )


def _reviewers(tools: Tools) -> list[str]:
    everybody = list_people(db=tools.db, rules=tools.policy.sign_in)
    return [each.reviewer_id for each in everybody if each.disabled_at is None]


def _speaker(scopes: list[Scope], reviewer: str, *, known: list[str]) -> str | None:
    """The reviewer that a key speaks for. Raises Invalid."""
    if not scopes:
        raise Invalid([Problem("scopes", "missing_field", "Choose at least one scope.")])
    if Scope.REVIEW in scopes and reviewer not in known:
        raise Invalid([Problem("reviewer", "missing_field", "A key for reviewing speaks for a reviewer. Choose one.")])
    return reviewer if reviewer in known else None
