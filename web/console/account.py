"""A person's own account: keys, sessions, and whom they have to do with. What makes a credential needs somebody who just signed in."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.access.personal_keys import make_own_key, own_keys, revoke_own_key
from pipeline.access.staff import sessions
from pipeline.access.staff.accounts import sign_out_everywhere
from pipeline.access.staff.factors.enrolled import factors_of
from pipeline.access.staff.relations import relations
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from schemas.base import Line
from web.api.dependencies import Tools
from web.console.render import render
from web.console.session import ACCOUNT, Enrolling, Person, SignedIn, needs

router = APIRouter(prefix="/account")

Speaking = Annotated[Person, Depends(needs(Right.REVIEW, Right.CORRECT))]
_SAID: Final = {
    "ended": "The session has ended.",
    "all_ended": "You are signed out everywhere else.",
    "revoked": "The key is revoked.",
    "factor": "The second factor is removed.",
    "added": "The second factor is added.",
}


@router.get("")
def get_account(request: Request, tools: Tools, person: Enrolling, done: str = "") -> Response:
    """The page."""
    return page(request, tools, person, said=_SAID.get(done))


@router.post("/keys")
def post_key(request: Request, tools: Tools, person: Speaking, name: Annotated[Line, Form()]) -> Response:
    """Make a key that speaks for this person, and show it, once."""
    key = make_own_key(name, person=person.session, now=clock.now(), db=tools.db, rules=tools.policy.sign_in)
    return page(request, tools, person, key=key)


@router.post("/keys/{key_id}/revoke")
def post_revoke(tools: Tools, person: SignedIn, key_id: UUID) -> Response:
    """Revoke one of their keys: it is refused from now on."""
    revoke_own_key(key_id, reviewer_id=person.reviewer_id, db=tools.db)
    return back("revoked")


@router.post("/sessions/end")
def post_end_others(tools: Tools, person: SignedIn) -> Response:
    """Sign out everywhere else."""
    sign_out_everywhere(person.reviewer_id, but=person.session.id, db=tools.db)
    return back("all_ended")


@router.post("/sessions/{session_id}/end")
def post_end_session(tools: Tools, person: SignedIn, session_id: UUID) -> Response:
    """Sign one browser out."""
    sessions.end_one(session_id, reviewer_id=person.reviewer_id, actor=person.reviewer_id, db=tools.db)
    return back("ended")


def back(done: str) -> Response:
    """To the page, with what was done."""
    return RedirectResponse(f"{ACCOUNT}?done={done}", 303)


def page(request: Request, tools: Tools, person: Person, *, status: int = 200, **shown: Any) -> Response:
    """The page as it is now. `shown` this once: a new `key`, new recovery `codes`, a `problem` with a second factor, what was `said`."""
    rules = tools.policy.sign_in
    return render(
        request,
        "account.html",
        status=status,
        keys=own_keys(person.reviewer_id, db=tools.db),
        speaks=person.may(Right.REVIEW) or person.may(Right.CORRECT),
        own_relations=relations(db=tools.db, reviewer_id=person.reviewer_id)[0],
        factors=factors_of(person.reviewer_id, db=tools.db),
        asks=rules.second_factor,
        must_enrol=person.session.must_enrol,
        open_sessions=sessions.sessions_of(person.reviewer_id, db=tools.db, rules=rules),
        this_session=person.session.id,
        now=clock.now(),
        **{"key": None, "codes": (), "problem": None, "said": None, **shown},
    )
