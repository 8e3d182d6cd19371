"""A person's own account: their keys, and whom they have to do with. What makes a credential needs somebody who has just signed in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.access.personal_keys import make_own_key, own_keys, revoke_own_key
from pipeline.access.staff.relations import relations
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from schemas.base import Line
from web.api.dependencies import Tools
from web.console.render import render
from web.console.session import Person, SignedIn, needs

router = APIRouter(prefix="/account")

Speaking = Annotated[Person, Depends(needs(Right.REVIEW))]
HOME = "/console/account"


@router.get("")
def get_account(request: Request, tools: Tools, person: SignedIn) -> Response:
    """The page."""
    return page(request, tools, person)


@router.post("/keys")
def post_key(request: Request, tools: Tools, person: Speaking, name: Annotated[Line, Form()]) -> Response:
    """Make a key that speaks for this person, and show it, once."""
    key = make_own_key(name, person=person.session, now=clock.now(), db=tools.db, rules=tools.policy.sign_in)
    return page(request, tools, person, key=key)


@router.post("/keys/{key_id}/revoke")
def post_revoke(tools: Tools, person: SignedIn, key_id: UUID) -> Response:
    """Revoke one of their keys: it is refused from now on."""
    revoke_own_key(key_id, reviewer_id=person.reviewer_id, db=tools.db)
    return RedirectResponse(HOME, 303)


def page(request: Request, tools: Tools, person: Person, *, key: str | None = None) -> Response:
    """The page as it is now; with a new key, which is shown this once."""
    return render(
        request,
        "account.html",
        keys=own_keys(person.reviewer_id, db=tools.db),
        speaks=person.may(Right.REVIEW),
        own_relations=relations(db=tools.db, reviewer_id=person.reviewer_id)[0],
        key=key,
        now=clock.now(),
    )
