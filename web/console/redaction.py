from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Response
from starlette.datastructures import FormData

from pipeline.kernel.errors import Invalid
from pipeline.kernel.validation import parse
from pipeline.review.cases.redaction import redact
from schemas.decisions import Redaction
from web.api.dependencies import Tools
from web.console.answers import Wrong
from web.console.conflict import ClaimedCase
from web.console.forms import Form, Reviewing, done, texts, written, wrong

router = APIRouter()


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
