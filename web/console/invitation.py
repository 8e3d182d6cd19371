"""The link with which a person chooses their password. Its secret is in the query, which is never logged or passed on."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.access.staff.invitations import accept_invitation, invited
from pipeline.kernel.errors import Invalid
from web.api.dependencies import Tools
from web.console.arrival import origin_of, remember_arrival
from web.console.forms import typed_twice
from web.console.provider import HOME
from web.console.render import render

router = APIRouter()


@router.get("/invitation")
def get_invitation(request: Request, tools: Tools, token: str = "") -> Response:
    """The form. It does not use the link up."""
    return _form(request, tools, token)


@router.post("/invitation")
def post_invitation(
    request: Request,
    tools: Tools,
    token: Annotated[str, Form()],
    new_password: Annotated[str, Form()],
    again: Annotated[str, Form()],
) -> Response:
    """Set the password, use the link up, and sign in."""
    try:
        chosen = typed_twice(new_password, again)
        arrived = accept_invitation(token, chosen, context=tools.sign_in_context, origin=origin_of(request))
    except Invalid as error:
        return _form(request, tools, token, error=error)
    answer = RedirectResponse(HOME, 303)
    remember_arrival(request, answer, arrived, tools=tools)
    return answer


def _form(request: Request, tools: Tools, token: str, *, error: Invalid | None = None) -> Response:
    return render(
        request,
        "invitation.html",
        status=422 if error else 200,
        reviewer=invited(token, db=tools.db),
        token=token,
        least=tools.policy.sign_in.password_length,
        problems={each.path: each.message for each in error.problems} if error else {},
    )
