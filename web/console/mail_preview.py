from typing import Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.datastructures import FormData

from config.container import Container
from pipeline.kernel.errors import Invalid
from pipeline.kernel.validation import parse
from pipeline.review.decisions.mail import preview_result_mail
from schemas.decisions import DecisionRequest, MailPreview
from web.api.dependencies import Tools
from web.console.answers import decision_of
from web.console.conflict import ClaimedCase
from web.console.forms import Form, Reviewing, pairs_of, refused
from web.console.session import Person

router = APIRouter()

_FRAMED: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}
"""A mail brings its own style. It runs no script, loads nothing from elsewhere and opens no link."""


@router.post("/cases/{claim_id}/mail")
def preview_mail(claim_id: ClaimedCase, tools: Tools, person: Reviewing, form: Form) -> Response:
    """Its recipient, its language and its subject."""
    try:
        found = _mail(claim_id, form, tools=tools, person=person)
    except Invalid as error:
        return refused(error, form)
    return JSONResponse({"to": found.to, "language": found.language, "subject": found.subject})


@router.post("/cases/{claim_id}/mail/html")
def preview_html(claim_id: UUID, tools: Tools, person: Reviewing, form: Form) -> HTMLResponse:
    """Its HTML, for a frame."""
    return HTMLResponse(_mail(claim_id, form, tools=tools, person=person).html, headers=_FRAMED)


def _mail(claim_id: UUID, form: FormData, *, tools: Container, person: Person) -> MailPreview:
    command = parse(DecisionRequest, decision_of(pairs_of(form)))
    return preview_result_mail(claim_id, command, reviewer_id=person.reviewer_id, context=tools.review)
