from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid
from pipeline.kernel.validation import parse
from pipeline.review.cases.redaction import redact
from pipeline.review.cases.sealed import confirm, put_back, sealed_redactions
from schemas.decisions import Redaction
from web.api.dependencies import Tools
from web.console.answers import Wrong
from web.console.conflict import ClaimedCase
from web.console.forms import Form, Reviewing, done, texts, written, wrong
from web.console.render import render
from web.console.session import Person, needs

router = APIRouter()

Lead = Annotated[Person, Depends(needs(Right.CORRECT))]


@router.post("/cases/{claim_id}/redactions")
def redact_page(claim_id: ClaimedCase, tools: Tools, person: Reviewing, form: Form) -> Response:
    """Burn boxes into a page."""
    try:
        redact(
            claim_id,
            parse(Redaction, _redaction(form)),
            reviewer_id=person.reviewer_id,
            context=tools.review,
            burn=tools.redactor.blackened,
        )
    except Invalid:
        return wrong(Wrong("boxes", "Draw each box inside the picture, at least as large as a letter."))
    return done("Covered")


def _redaction(form: FormData) -> dict[str, Any]:
    boxes: list[dict[str, str]] = []
    for box in texts(form, "box"):
        with suppress(ValueError):
            x, y, w, h = box.split(" ")
            boxes.append({"x": x, "y": y, "w": w, "h": h})
    names = {"token": "token", "material_id": "material", "page": "page"}
    return {**{name: written(form, field) for name, field in names.items()}, "boxes": boxes}


@router.get("/redactions")
def get_redactions(request: Request, tools: Tools, _person: Lead) -> Response:
    """The redactions whose originals are sealed."""
    found, days = sealed_redactions(db=tools.db), tools.policy.console.sealed_days
    return render(request, "redactions.html", redactions=found, days=days, now=clock.now())


@router.post("/redactions/{redaction_id}")
def post_redaction(tools: Tools, person: Lead, redaction_id: UUID, form: Form) -> Response:
    """Put the originals back, or agree that they are destroyed."""
    if written(form, "do") == "put_back":
        put_back(redaction_id, by=person.reviewer_id, db=tools.db)
    elif written(form, "do") == "confirm":
        confirm(redaction_id, reviewer_id=person.reviewer_id, db=tools.db)
    return RedirectResponse("/console/redactions", 303)
