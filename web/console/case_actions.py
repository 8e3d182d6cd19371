"""Ways to give a case away without deciding it: skip, escalate, hand over."""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from pipeline.kernel.errors import Conflict, Invalid
from pipeline.kernel.validation import parse
from pipeline.review.claims.escalation import escalate
from pipeline.review.claims.handover import hand_over
from pipeline.review.claims.service import release
from schemas.cases import ReasonChoice
from schemas.claims import EscalateRequest, HandOverRequest, ReleaseRequest
from web.api.dependencies import Tools
from web.console.answers import Wrong, fields_of
from web.console.conflict import too_late
from web.console.forms import Form, Reviewing, written, wrong

router = APIRouter()

SKIP_REASONS: Final = (
    ReasonChoice(code="known_member", text="I know this member"),
    ReasonChoice(code="language", text="It is in a language that I do not read"),
    ReasonChoice(code="unsure", text="I am not sure, and a colleague may know better"),
    ReasonChoice(code="technical", text="The picture does not show here"),
)


@router.post("/cases/{claim_id}/skip")
def skip(request: Request, claim_id: UUID, tools: Tools, person: Reviewing, form: Form) -> Response:
    """Back into the queue, and never again to this person."""
    given = {"token": written(form, "token"), "skip_reason": written(form, "reason")}
    if given["skip_reason"] is None:
        return wrong([Wrong("reason", "Say why: choose one of these reasons by its digit.")])
    command = parse(ReleaseRequest, given)
    try:
        release(
            claim_id,
            command.token,
            reviewer_id=person.reviewer_id,
            context=tools.review,
            skip_reason=command.skip_reason,
        )
    except Conflict as error:
        return too_late(request, claim_id, error, person=person)
    return _done("Skipped")


@router.post("/cases/{claim_id}/escalate")
def pass_up(request: Request, claim_id: UUID, tools: Tools, person: Reviewing, form: Form) -> Response:
    """To the seniors, with a word."""
    given = _given(form, {"note": "reason"})
    if "note" not in given:
        return wrong([Wrong("reason", "Say in a sentence what a senior should look at.")])
    try:
        command = parse(EscalateRequest, given)
        escalate(claim_id, command, reviewer_id=person.reviewer_id, context=tools.review)
    except Invalid as error:
        return wrong(fields_of(error.problems, ()))
    except Conflict as error:
        return too_late(request, claim_id, error, person=person)
    return _done("Escalated")


@router.post("/cases/{claim_id}/hand_over")
def pass_on(request: Request, claim_id: UUID, tools: Tools, person: Reviewing, form: Form) -> Response:
    """To one colleague, for a while theirs alone."""
    given = _given(form, {"note": "reason", "colleague": "colleague"})
    if "colleague" not in given:
        return wrong([Wrong("colleague", "Choose a colleague by their digit.")])
    try:
        command = parse(HandOverRequest, given)
        hand_over(claim_id, command, reviewer_id=person.reviewer_id, context=tools.review)
    except Invalid as error:
        return wrong(fields_of(error.problems, ()))
    except Conflict as error:
        return too_late(request, claim_id, error, person=person)
    return _done("Handed over")


def _given(form: Form, names: dict[str, str]) -> dict[str, Any]:
    found = {name: written(form, field) for name, field in {"token": "token", **names}.items()}
    return {name: value for name, value in found.items() if value is not None}


def _done(said: str) -> JSONResponse:
    return JSONResponse({"said": said})
