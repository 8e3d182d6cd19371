from collections.abc import Sequence
from typing import Annotated, Final, Literal
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.access.staff.accounts import choose_look
from pipeline.access.staff.rules.sign_in import SignInRefused
from pipeline.access.staff.rules.tries import TooManyTries
from pipeline.access.staff.sign_in import change_password
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, Problem
from schemas.base import TimeZone
from web.api.dependencies import Tools
from web.console.arrival import origin_of, remember_arrival
from web.console.forms import typed_twice
from web.console.render import render
from web.console.session import Person, SignedIn
from web.edge.strangers import address_of

router = APIRouter(prefix="/preferences")

ZONES: Final = tuple(sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")))
"""The time zones that a person may choose: those with the name of a place."""


@router.get("")
def get_preferences(request: Request, tools: Tools, person: SignedIn, kept: str = "") -> Response:
    """The page."""
    return _page(request, tools, person, kept=kept)


@router.post("")
def post_preferences(
    tools: Tools,
    person: SignedIn,
    theme: Annotated[Literal["auto", "light", "dark"], Form()],
    timezone: Annotated[TimeZone | Literal[""], Form()] = "",
) -> Response:
    """Keep the theme, and the time zone in which times are shown."""
    choose_look(person.reviewer_id, theme, timezone or None, db=tools.db)
    return RedirectResponse("/console/preferences?kept=look", 303)


@router.post("/password")
def post_password(
    request: Request,
    tools: Tools,
    person: SignedIn,
    password: Annotated[str, Form()],
    new_password: Annotated[str, Form()],
    again: Annotated[str, Form()],
) -> Response:
    """Change the password. Every other browser is signed out; this one gets a new session."""
    try:
        token = change_password(
            person.reviewer_id,
            password,
            typed_twice(new_password, again),
            address=address_of(request.scope),
            now=clock.now(),
            context=tools.sign_in_context,
            user_agent=origin_of(request).user_agent,
        )
    except Invalid as error:
        return _page(request, tools, person, problems=error.problems)
    except (SignInRefused, TooManyTries) as error:
        words = str(error) if isinstance(error, TooManyTries) else "This is not your present password."
        return _page(request, tools, person, problems=[Problem("password", error.code, words)])
    answer = RedirectResponse("/console/preferences?kept=password", 303)
    remember_arrival(request, answer, token, tools=tools)
    return answer


def _page(
    request: Request, tools: Tools, person: Person, *, kept: str = "", problems: Sequence[Problem] = ()
) -> Response:
    return render(
        request,
        "preferences.html",
        status=422 if problems else 200,
        themes={"auto": "as the device", "light": "light", "dark": "dark"},
        chosen=person.theme,
        zones=ZONES,
        team_zone=tools.policy.clock.timezone,
        least=tools.policy.sign_in.password_length,
        kept=kept,
        problems={each.path: each.message for each in problems},
    )
