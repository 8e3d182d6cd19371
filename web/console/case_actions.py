from typing import Final

from fastapi import APIRouter, Response

from pipeline.kernel.errors import Invalid
from pipeline.kernel.validation import parse
from pipeline.review.claims.escalation import escalate
from pipeline.review.claims.handover import hand_over
from pipeline.review.claims.service import release
from schemas.cases import ReasonChoice
from schemas.claims import EscalateRequest, HandOverRequest, ReleaseRequest
from web.api.dependencies import Tools
from web.console.answers import Wrong
from web.console.conflict import ClaimedCase
from web.console.forms import Form, Reviewing, done, refused, written, wrong

router = APIRouter()

SKIP_REASONS: Final = (
    ReasonChoice(code="known_member", text="I know this member"),
    ReasonChoice(code="language", text="It is in a language that I do not read"),
    ReasonChoice(code="unsure", text="I am not sure, and a colleague may know better"),
    ReasonChoice(code="technical", text="The picture does not show here"),
)


@router.post("/cases/{claim_id}/skip")
def skip_case(claim_id: ClaimedCase, tools: Tools, person: Reviewing, form: Form) -> Response:
    """Give the case back to the queue; this person is not offered it again."""
    if (reason := written(form, "reason")) is None:
        return wrong(Wrong("reason", "Say why: choose one of these reasons by its digit."))
    command = parse(ReleaseRequest, {"token": written(form, "token"), "skip_reason": reason})
    release(
        claim_id, command.token, reviewer_id=person.reviewer_id, context=tools.review, skip_reason=command.skip_reason
    )
    return done("Skipped")


@router.post("/cases/{claim_id}/escalate")
def escalate_case(claim_id: ClaimedCase, tools: Tools, person: Reviewing, form: Form) -> Response:
    """Pass the case to the seniors, with a note."""
    given = _given(form, note="reason")
    if "note" not in given:
        return wrong(Wrong("reason", "Say in a sentence what a senior should look at."))
    try:
        escalate(claim_id, parse(EscalateRequest, given), reviewer_id=person.reviewer_id, context=tools.review)
    except Invalid as error:
        return refused(error, form)
    return done("Escalated")


@router.post("/cases/{claim_id}/hand_over")
def hand_case_over(claim_id: ClaimedCase, tools: Tools, person: Reviewing, form: Form) -> Response:
    """Offer the case to one colleague."""
    given = _given(form, note="reason", colleague="colleague")
    if "colleague" not in given:
        return wrong(Wrong("colleague", "Choose a colleague by their digit."))
    try:
        command = parse(HandOverRequest, given)
        hand_over(claim_id, command, reviewer_id=person.reviewer_id, context=tools.review)
    except Invalid as error:
        return refused(error, form)
    return done("Handed over")


def _given(form: Form, **names: str) -> dict[str, str]:
    """The command's fields from the form's fields of these names; what was left blank is left out."""
    found = {name: written(form, field) for name, field in {"token": "token", **names}.items()}
    return {name: value for name, value in found.items() if value is not None}
