import re
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.access.staff import accounts, ownership, sessions
from pipeline.access.staff.factors.enrolled import end_factors, factors_of
from pipeline.access.staff.invitations import invite
from pipeline.access.staff.rules.roles import Right, Role
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, Problem
from pipeline.workflows.reviewers import disable
from schemas.base import Identifier, Line
from web.api.dependencies import Tools
from web.console.render import render
from web.console.session import Person, fresh

router = APIRouter(prefix="/people")

Administrator = Annotated[Person, Depends(fresh(Right.PEOPLE))]
Roles = Annotated[list[Role] | None, Form()]
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@router.get("")
def get_people(request: Request, tools: Tools, _person: Administrator) -> Response:
    """Everybody who may sign in, and who is disabled."""
    found = accounts.list_people(db=tools.db, rules=tools.policy.sign_in)
    return render(request, "people.html", people=found, roles=list(Role), now=clock.now())


@router.post("")
def post_people(
    request: Request,
    tools: Tools,
    person: Administrator,
    reviewer_id: Annotated[Identifier, Form()],
    name: Annotated[Line | None, Form()] = None,
    roles: Roles = None,
    languages: Annotated[str, Form()] = "",
) -> Response:
    """Add a person, and show the link with which they choose a password, once."""
    accounts.add(
        reviewer_id,
        name=name,
        roles=roles or [Role.REVIEWER],
        languages=_languages(languages),
        actor=person.reviewer_id,
        db=tools.db,
    )
    return _invited(request, tools, person, reviewer_id)


@router.get("/{reviewer_id}")
def get_person(request: Request, tools: Tools, _person: Administrator, reviewer_id: str, done: str = "") -> Response:
    """One person, with what an administrator can do for them."""
    return _page(request, tools, reviewer_id, done=done)


@router.post("/{reviewer_id}")
def post_person(
    tools: Tools,
    person: Administrator,
    reviewer_id: str,
    roles: Roles = None,
    languages: Annotated[str, Form()] = "",
) -> Response:
    """Set their roles and languages."""
    reads = _languages(languages)
    accounts.change(reviewer_id, roles=roles or [], languages=reads, actor=person.reviewer_id, db=tools.db)
    return _back(reviewer_id, "changed")


@router.post("/{reviewer_id}/invitation")
def post_invitation(request: Request, tools: Tools, person: Administrator, reviewer_id: str) -> Response:
    """A new link with which they choose a password, shown once."""
    return _invited(request, tools, person, reviewer_id)


@router.post("/{reviewer_id}/confirm")
def post_confirm(tools: Tools, person: Administrator, reviewer_id: str) -> Response:
    """Answer for who has this account, which somebody else opened: it counts as its person's alone from then on."""
    ownership.confirm(reviewer_id, actor=person.reviewer_id, db=tools.db)
    return _back(reviewer_id, "confirmed")


@router.post("/{reviewer_id}/disable")
def post_disable(tools: Tools, person: Administrator, reviewer_id: str) -> Response:
    """Disable a person: they are signed out everywhere, and cannot sign in."""
    disable(reviewer_id, actor=person.reviewer_id, db=tools.db)
    return _back(reviewer_id, "disabled")


@router.post("/{reviewer_id}/enable")
def post_enable(tools: Tools, person: Administrator, reviewer_id: str) -> Response:
    """Enable a person: they can sign in again."""
    accounts.enable(reviewer_id, actor=person.reviewer_id, db=tools.db)
    return _back(reviewer_id, "enabled")


@router.post("/{reviewer_id}/sessions/end")
def post_end_sessions(tools: Tools, person: Administrator, reviewer_id: str) -> Response:
    """Sign them out everywhere."""
    accounts.sign_out_everywhere(reviewer_id, actor=person.reviewer_id, db=tools.db)
    return _back(reviewer_id, "signed_out")


@router.post("/{reviewer_id}/sessions/{session_id}/end")
def post_end_session(tools: Tools, person: Administrator, reviewer_id: str, session_id: UUID) -> Response:
    """Sign one of their browsers out."""
    sessions.end_one(session_id, reviewer_id=reviewer_id, actor=person.reviewer_id, db=tools.db)
    return _back(reviewer_id, "session_ended")


@router.post("/{reviewer_id}/second-factor/end")
def post_end_factors(tools: Tools, person: Administrator, reviewer_id: str) -> Response:
    """End the second factors of somebody who has lost them."""
    end_factors(reviewer_id, actor=person.reviewer_id, db=tools.db)
    return _back(reviewer_id, "factors_ended")


def _invited(request: Request, tools: Tools, person: Person, reviewer_id: str) -> Response:
    token = invite(reviewer_id, actor=person.reviewer_id, db=tools.db, rules=tools.policy.sign_in)
    return _page(request, tools, reviewer_id, link=f"{tools.settings.web_url}/console/invitation?token={token}")


def _page(request: Request, tools: Tools, reviewer_id: str, *, done: str = "", link: str | None = None) -> Response:
    found = accounts.person_named(reviewer_id, db=tools.db, rules=tools.policy.sign_in)
    openings = ownership.openings_of(reviewer_id, db=tools.db)
    known: dict[str, Any] = {
        "shown": found,
        "openings": openings,
        "open_sessions": sessions.sessions_of(reviewer_id, db=tools.db, rules=tools.policy.sign_in),
        "factors": factors_of(reviewer_id, db=tools.db),
        "roles": list(Role),
        "now": clock.now(),
    }
    return render(request, "person.html", **known, done=done, link=link)


def _back(reviewer_id: str, done: str) -> Response:
    return RedirectResponse(f"/console/people/{reviewer_id}?done={done}", 303)


def _languages(written: str) -> list[str]:
    """Language tags, separated by commas or spaces. Raises Invalid."""
    found = written.replace(",", " ").split()
    if wrong := [each for each in found if not _LANGUAGE.fullmatch(each)]:
        message = f"{', '.join(wrong)}: give languages by their tags, such as en, zh, es."
        raise Invalid([Problem("languages", "unknown_language", message)])
    return found
