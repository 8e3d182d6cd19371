"""What belongs to a case beside the decision: its mail as it would go out, and what is burnt out of its pictures."""

from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.datastructures import FormData

from config.container import Container
from pipeline.inspection.blacken import blackened
from pipeline.kernel.errors import Conflict, Invalid
from pipeline.kernel.validation import parse
from pipeline.review.cases.redaction import redact
from pipeline.review.decisions.mail import preview_result_mail
from schemas.decisions import DecisionRequest, MailPreview, Redaction
from web.api.dependencies import Tools
from web.console.answers import Wrong, decision_of, fields_of
from web.console.conflict import too_late
from web.console.forms import Form, Reviewing, pairs_of, texts, written, wrong
from web.console.session import Person

router = APIRouter()

_FRAMED: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}
"""A mail brings its own style, and can do nothing: no script, no picture from elsewhere, no link that leads on."""


@router.post("/cases/{claim_id}/mail")
def preview_mail(request: Request, claim_id: UUID, tools: Tools, person: Reviewing, form: Form) -> Response:
    """To whom, in which language, and its subject."""
    try:
        found = _mail(claim_id, form, tools=tools, person=person)
    except Invalid as error:
        return wrong(fields_of(error.problems, texts(form, "material")))
    except Conflict as error:
        return too_late(request, claim_id, error, person=person)
    return JSONResponse({"to": found.to, "language": found.language, "subject": found.subject})


@router.post("/cases/{claim_id}/mail/html")
def preview_html(claim_id: UUID, tools: Tools, person: Reviewing, form: Form) -> HTMLResponse:
    """The mail itself, for a frame."""
    return HTMLResponse(_mail(claim_id, form, tools=tools, person=person).html, headers=_FRAMED)


@router.post("/cases/{claim_id}/redactions")
def redact_page(request: Request, claim_id: UUID, tools: Tools, person: Reviewing, form: Form) -> Response:
    """Burn boxes into a page."""
    try:
        command = parse(Redaction, _redaction(form))
        redact(claim_id, command, reviewer_id=person.reviewer_id, context=tools.review, burn=blackened)
    except Invalid:
        return wrong([Wrong("boxes", "Draw each box inside the picture, at least as large as a letter.")])
    except Conflict as error:
        return too_late(request, claim_id, error, person=person)
    return JSONResponse({"said": "Covered"})


def _mail(claim_id: UUID, form: FormData, *, tools: Container, person: Person) -> MailPreview:
    command = parse(DecisionRequest, decision_of(pairs_of(form)))
    return preview_result_mail(claim_id, command, reviewer_id=person.reviewer_id, context=tools.review)


def _redaction(form: FormData) -> dict[str, Any]:
    boxes: list[dict[str, str]] = []
    for box in form.getlist("box"):
        with suppress(ValueError):
            x, y, w, h = str(box).split(" ")
            boxes.append({"x": x, "y": y, "w": w, "h": h})
    names = {"token": "token", "material_id": "material", "page": "page"}
    return {**{name: written(form, field) for name, field in names.items()}, "boxes": boxes}
