"""With whom reviewers have to do: each says it of themselves, leads and administrators of the others too, and only they end it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.access.staff.relations import relations
from pipeline.access.staff.rules.roles import Right
from pipeline.workflows.reviewers import RelationKind, relate, unrelate
from schemas.base import Identifier, Line
from web.api.dependencies import Tools
from web.console.render import render
from web.console.session import ACCOUNT, Person, SignedIn, needs

router = APIRouter()

Keeper = Annotated[Person, Depends(needs(Right.RELATIONS))]
Kind = Annotated[RelationKind, Form()]
Value = Annotated[Line, Form()]


@router.get("/relations")
def get_relations(request: Request, tools: Tools, _person: Keeper, done: str = "") -> Response:
    """Everybody, and whom they have to do with."""
    return render(request, "relations.html", people=relations(db=tools.db), done=done)


@router.post("/relations")
def post_relation(
    tools: Tools, person: Keeper, reviewer_id: Annotated[Identifier, Form()], kind: Kind, value: Value
) -> Response:
    """Say with whom somebody has to do. What they hold of it goes back to the queue."""
    relate(reviewer_id, kind, value, actor=person.reviewer_id, db=tools.db)
    return RedirectResponse("/console/relations?done=declared", 303)


@router.post("/relations/{reviewer_id}/end")
def post_end(tools: Tools, person: Keeper, reviewer_id: str, kind: Kind, value: Value) -> Response:
    """Say that it is so no longer."""
    unrelate(reviewer_id, kind, value, actor=person.reviewer_id, db=tools.db)
    return RedirectResponse("/console/relations?done=ended", 303)


@router.post("/account/relations")
def post_own(tools: Tools, person: SignedIn, kind: Kind, value: Value) -> Response:
    """Say with whom one has to do oneself."""
    relate(person.reviewer_id, kind, value, actor=person.reviewer_id, db=tools.db)
    return RedirectResponse(ACCOUNT, 303)
