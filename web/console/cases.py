from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.datastructures import FormData

from pipeline.kernel import clock
from pipeline.kernel.errors import ClaimCapReached, Invalid
from pipeline.kernel.validation import parse
from pipeline.review.cases.queue_stats import claims_of
from pipeline.review.claims.handover import take_up
from pipeline.review.claims.lease import leave, open_claim, reclaim, renew
from pipeline.review.claims.looks import too_quick
from pipeline.review.claims.service import claim_next
from pipeline.review.decisions.decide import decide
from pipeline.review.decisions.undo import undo
from schemas.claims import Claim, TokenRequest
from schemas.decisions import Decided, DecisionRequest
from web.api.dependencies import Tools
from web.console.answers import Wrong, decision_of, left_of, seen_of
from web.console.case_page import case_page, empty_page
from web.console.conflict import ClaimedCase
from web.console.forms import Form, Reviewing, done, pairs_of, refused, repeatable, texts, written, wrong
from web.console.undo import SAID

router = APIRouter()


@router.post("/next")
def start(tools: Tools, person: Reviewing, form: Form) -> Response:
    """From the queue to a case: the one that the person holds already, else the next one."""
    held = [each for each in claims_of(person.reviewer_id, context=tools.review).claims if not each.offered]
    if held:
        return _to(held[0].claim.id)
    queues = texts(form, "queue")
    taken = claim_next(reviewer_id=person.reviewer_id, queues=queues, context=tools.review)
    return _to(taken.id) if taken else RedirectResponse("/console/", 303)


@router.post("/next/part")
def prepare(request: Request, tools: Tools, person: Reviewing, form: Form) -> Response:
    """The next case as a part of the page, to be kept ready; where nothing waits, that in words."""
    queues = texts(form, "queue")
    try:
        taken = claim_next(reviewer_id=person.reviewer_id, queues=queues, context=tools.review)
    except ClaimCapReached:
        return Response(status_code=204)
    if taken is None:
        return empty_page(request, tools=tools)
    return case_page(request, taken.id, tools=tools, person=person, whole=False)


@router.get("/cases/{claim_id}")
def show(request: Request, claim_id: ClaimedCase, tools: Tools, person: Reviewing) -> Response:
    """The case that the person holds."""
    return case_page(request, claim_id, tools=tools, person=person, whole=True)


@router.post("/cases/{claim_id}/opened")
def open_case(claim_id: ClaimedCase, tools: Tools, person: Reviewing, form: Form) -> Response:
    """The case is on the screen from now on."""
    return _lease(open_claim(claim_id, _token(form), reviewer_id=person.reviewer_id, context=tools.review))


@router.post("/cases/{claim_id}/renew")
def renew_case(claim_id: ClaimedCase, tools: Tools, person: Reviewing, form: Form) -> Response:
    """Extend the lease: the page is open, and the person is there."""
    return _lease(renew(claim_id, _token(form), reviewer_id=person.reviewer_id, context=tools.review))


@router.post("/leave", status_code=204)
def leave_cases(tools: Tools, person: Reviewing, form: Form) -> None:
    """Give back to the queue what a closed page held."""
    leave(left_of(pairs_of(form)), reviewer_id=person.reviewer_id, context=tools.review)


@router.post("/cases/{claim_id}/take-up")
def take_up_offer(claim_id: UUID, tools: Tools, person: Reviewing) -> Response:
    """Accept what a colleague hands over."""
    return _to(take_up(claim_id, reviewer_id=person.reviewer_id, context=tools.review).id)


@router.post("/cases/{claim_id}/back")
def return_to(request: Request, claim_id: ClaimedCase, tools: Tools, person: Reviewing) -> Response:
    """Take a case again that the person has left, where nobody else has it."""
    taken = reclaim(claim_id, reviewer_id=person.reviewer_id, context=tools.review)
    return _lease(taken) if "HX-Request" in request.headers else _to(taken.id)


@router.post("/cases/{claim_id}/decision")
def decide_case(request: Request, claim_id: ClaimedCase, tools: Tools, person: Reviewing, form: Form) -> Response:
    """Record the decision. What is missing is named field by field."""
    try:
        command = parse(DecisionRequest, decision_of(pairs_of(form)))
        sent, validated = pairs_of(form), command.model_dump(mode="json")
        once = repeatable(request, person, f"console.{claim_id}.decide", sent, validated)
        seen = seen_of(texts(form, "seen"))
        problem = too_quick(claim_id, command.verdict, seen, reviewer_id=person.reviewer_id, context=tools.review)
        if problem is not None:
            return wrong(Wrong("", problem.message))
        decided = decide(claim_id, command, reviewer_id=person.reviewer_id, context=tools.review, request=once)
    except Invalid as error:
        return refused(error, form)
    seconds = _undo_seconds(decided, clock.now(), tools.policy.review.undo_window_seconds)
    return done(SAID[decided.verdict], decision=str(decided.id), undo_seconds=seconds)


@router.post("/decisions/{decision_id}/undo")
def undo_decision(request: Request, decision_id: UUID, tools: Tools, person: Reviewing) -> Response:
    """Take a decision back; the case is the person's again."""
    once = repeatable(request, person, f"console.{decision_id}.undo")
    taken = undo(decision_id, reviewer_id=person.reviewer_id, context=tools.review, request=once)
    if "HX-Request" not in request.headers:
        return _to(taken.id)
    return case_page(request, taken.id, tools=tools, person=person, whole=False)


def _undo_seconds(decided: Decided, now: datetime, window: int) -> float:
    """Until its effects leave; an opinion has none, and may be taken back until somebody else takes the case."""
    return max(0.0, (decided.effects_at - now).total_seconds()) if decided.effects_at else float(window)


def _token(form: FormData) -> UUID:
    return parse(TokenRequest, {"token": written(form, "token")}).token


def _to(claim_id: UUID) -> RedirectResponse:
    return RedirectResponse(f"/console/cases/{claim_id}", 303)


def _lease(held: Claim) -> JSONResponse:
    """The claim as the page's script keeps it, with the seconds that are left by the server's clock."""
    left = (held.lease_until - clock.now()).total_seconds()
    return JSONResponse({**held.model_dump(mode="json"), "seconds_left": left})
