"""The policy that is in force, to be read."""

import calendar
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from pipeline.access.staff.rules.roles import Right
from web.api.dependencies import Tools
from web.console.render import render
from web.console.session import Person, needs

router = APIRouter(prefix="/policy")


@router.get("")
def get_policy(request: Request, tools: Tools, _person: Annotated[Person, Depends(needs(Right.POLICY))]) -> Response:
    """Every number and list of the domain, by section."""
    whole: dict[str, Any] = tools.policy.model_dump(mode="json")
    sections = {name: value for name, value in whole.items() if name not in {"version", "edition"}}
    sections["clock"]["working_weekdays"] = [calendar.day_name[day] for day in tools.policy.clock.working_weekdays]
    return render(request, "policy.html", version=tools.policy.version, sections=sections)
