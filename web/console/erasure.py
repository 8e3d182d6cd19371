from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError

from config.container import Container
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel.errors import NotFound
from pipeline.kernel.ids import new_id
from pipeline.workflows.erasure.begin import Asked, erase
from pipeline.workflows.erasure.progress import erasure_of
from schemas.base import Identifier
from schemas.erasure import ErasureView
from web.api.dependencies import Tools
from web.console.forms import Form, written
from web.console.render import render
from web.console.session import Person, fresh

router = APIRouter()

Eraser = Annotated[Person, Depends(fresh(Right.ERASE))]
_ID: Final[TypeAdapter[str]] = TypeAdapter(Identifier)


@router.get("/erasure")
def get_erasure(request: Request, tools: Tools, _person: Eraser, member: str = "") -> Response:
    """A form to erase a member, and how far an erasure is."""
    if not member:
        return _page(request, tools)
    try:
        return _page(request, tools, member_id=member, found=erasure_of(member, db=tools.db))
    except NotFound as error:
        return _page(request, tools, problem=str(error))


@router.post("/erasure")
def post_erasure(request: Request, tools: Tools, person: Eraser, form: Form) -> Response:
    """Erase a member whose id was typed twice."""
    member, again = written(form, "member"), written(form, "again")
    if member is None or member != again or not _is_id(member):
        return _page(request, tools, problem="The two ids are not the same, or are no id. Type them once more.")
    asked = Asked(actor=person.reviewer_id, trace=f"console:{new_id()}")
    erase(member, asked=asked, db=tools.db, storage=tools.storage, policy=tools.policy)
    return RedirectResponse(f"/console/erasure?member={member}", 303)


def _is_id(written_id: str) -> bool:
    try:
        _ID.validate_python(written_id)
    except ValidationError:
        return False
    return True


def _page(
    request: Request,
    tools: Container,
    *,
    member_id: str = "",
    found: ErasureView | None = None,
    problem: str | None = None,
) -> Response:
    days = tools.policy.erasure.deadline_days
    shown = {"found": found, "member_id": member_id, "problem": problem, "days": days}
    return render(request, "erasure.html", status=422 if problem else 200, **shown)
