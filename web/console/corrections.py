"""A lead corrects a member's stage or points; the record names them, and they have nothing to do with the member."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData

from config.container import Container
from pipeline.access.staff.leads import require_lead
from pipeline.access.staff.rules.roles import Right
from pipeline.account import points
from pipeline.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from pipeline.kernel.idempotency import once
from pipeline.kernel.ids import new_id
from pipeline.kernel.validation import parse
from pipeline.membership import corrections
from pipeline.submission.context import Context
from schemas.base import Identifier
from schemas.corrections import StageCorrectionRequest
from schemas.points import CorrectionRequest
from web.api.dependencies import Tools
from web.console.forms import Form, written
from web.console.render import render
from web.console.session import Person, needs

router = APIRouter(prefix="/corrections")

Lead = Annotated[Person, Depends(needs(Right.CORRECT))]
_ID: Final[TypeAdapter[str]] = TypeAdapter(Identifier)


@router.get("")
def get_corrections(request: Request, tools: Tools, _person: Lead) -> Response:
    """Forms for a stage and for points."""
    return _page(request, tools)


@router.post("/stage")
def post_stage(request: Request, tools: Tools, person: Lead, form: Form) -> Response:
    """Give a stage, or take it away."""
    sent: dict[str, Any] = {name: written(form, name) for name in ("stage", "because", "reason", "supersedes")}
    sent["unlocked"] = written(form, "do") == "give"
    try:
        member_id = _member(form, person, tools)
        context = _context(form, person, tools, operation="membership.correct", sent=[member_id, sent])
        made = corrections.correct(member_id, parse(StageCorrectionRequest, sent), context=context)
    except (Invalid, Conflict, NotFound, Forbidden) as error:
        return _page(request, tools, problem=_words(error))
    return _page(request, tools, said=f"{made.member_id} is now: {made.to_level}.")


@router.post("/points")
def post_points(request: Request, tools: Tools, person: Lead, form: Form) -> Response:
    """Add points, or take them away."""
    sent: dict[str, Any] = {name: written(form, name) for name in ("points", "reason", "corrects")}
    try:
        member_id = _member(form, person, tools)
        context = _context(form, person, tools, operation="points.correct", sent=[member_id, sent])
        made = points.correct(member_id, parse(CorrectionRequest, sent), context=context)
    except (Invalid, Conflict, NotFound, Forbidden) as error:
        return _page(request, tools, problem=_words(error))
    return _page(request, tools, said=f"{made.member_id} has {made.balance_after} points now.")


def _member(form: FormData, person: Person, tools: Container) -> str:
    """The member in the form. Raises NotFound for what is no id, and Forbidden where the lead has to do with them."""
    try:
        member_id = _ID.validate_python(written(form, "member") or "")
    except ValidationError as error:
        raise NotFound("This is no member's id. An id has letters, digits and . _ : @ -") from error
    require_lead(person.reviewer_id, member_id, db=tools.db)
    return member_id


def _context(form: FormData, person: Person, tools: Container, *, operation: str, sent: object) -> Context:
    """On behalf of the person. A form that is sent twice takes effect once."""
    key = written(form, "key")
    request = once(owner=person.reviewer_id, key=key, operation=operation, sent=sent) if key else None
    return tools.context(actor=person.reviewer_id, trace=f"console:{new_id()}", request=request)


def _words(error: Exception) -> str:
    if isinstance(error, Invalid):
        return " ".join(f"{each.path}: {each.message}" for each in error.problems)
    return str(error)


def _page(request: Request, tools: Container, *, said: str | None = None, problem: str | None = None) -> Response:
    stages = [(each.stage, each.title) for each in tools.policy.ladder[1:]]
    shown = {"stages": stages, "said": said, "problem": problem, "keys": (new_id(), new_id())}
    return render(request, "corrections.html", status=422 if problem else 200, **shown)
